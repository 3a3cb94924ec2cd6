"""Students: built from scratch, taken from a folder, given adapters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem
from limbeck.students.adapt.lora import lora
from limbeck.students.new.pretrained import pretrained

TEXT = "<think>\n7+5 → 12, naïve…\n</think>\n\n12 «çé»"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return Path(small_world.student(tmp_path_factory.mktemp("student"), tokenizer="bpe", vocab=270))


def test_from_config_is_the_same_from_the_same_seed(tmp_path, folder):
    again = small_world.student(tmp_path / "a", tokenizer="bpe", vocab=270)
    other = small_world.student(tmp_path / "b", tokenizer="bpe", vocab=270, seed=1)
    weights = [AutoModelForCausalLM.from_pretrained(path).state_dict() for path in (folder, again, other)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert any(not torch.equal(weights[0][name], weights[2][name]) for name in weights[0])
    assert (folder / "tokenizer.json").read_bytes() == (Path(again) / "tokenizer.json").read_bytes()


@pytest.mark.parametrize("arch", ["qwen3", "qwen2", "llama", "mistral"])
def test_every_architecture_has_the_size_asked_for(tmp_path, arch):
    path = small_world.student(tmp_path, arch=arch, layers=2, width=16, heads=4, kv_heads=2, ff=24)
    config = json.loads((Path(path) / "config.json").read_text())
    assert config["model_type"] == arch
    sizes = ("num_hidden_layers", "hidden_size", "num_key_value_heads", "intermediate_size")
    assert [config[name] for name in sizes] == [2, 16, 2, 24]


def test_a_byte_level_tokenizer_has_the_size_asked_for_and_loses_nothing(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert len(tokenizer) == 270
    ids = tokenizer(TEXT, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids) == TEXT
    assert tokenizer.convert_tokens_to_ids("<think>") in ids
    # Not special: decoding for a verifier keeps the reasoning's borders.
    assert tokenizer.decode(ids, skip_special_tokens=True) == TEXT


def test_a_character_tokenizer_knows_what_it_saw_and_nothing_else(tmp_path):
    data = Data([Problem(id="a", question="5×3-7!;")])
    tokenizer = AutoTokenizer.from_pretrained(small_world.student(tmp_path, data, template="bare"))
    ids = tokenizer("5×3!;", add_special_tokens=False)["input_ids"]
    assert len(ids) == 5
    assert tokenizer.decode(ids) == "5×3!;"
    assert len(tokenizer) == len("5×3-7!;:\n") + 3
    assert tokenizer.unk_token_id in tokenizer("÷", add_special_tokens=False)["input_ids"]
    chat = [{"role": "user", "content": "5-7"}]
    assert tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True) == "5-7:"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"arch": "qwen4"}, "qwen3"),
        ({"width": 17}, "heads=2"),
        ({"tokenizer": "bpe", "vocab": 100}, "vocab=100"),
        ({"template": "chatlm"}, "chatml"),
        ({"tokenizer": "chars"}, "char"),
    ],
)
def test_from_config_says_what_is_wrong(tmp_path, config, words):
    with pytest.raises(LimbeckError, match=words):
        small_world.student(tmp_path, **config)


def test_pretrained_changes_a_copy_only(tmp_path, folder):
    before = (folder / "config.json").read_bytes()
    path = pretrained(
        path=str(folder),
        ctx=Context(tmp_path),
        config={"rope_theta": 300000.0, "max_position_embeddings": 32768},
    )
    assert path == str(tmp_path / "model")
    assert (folder / "config.json").read_bytes() == before
    changed = AutoModelForCausalLM.from_pretrained(path)
    assert changed.config.max_position_embeddings == 32768
    assert changed.config.rope_parameters["rope_theta"] == 300000.0
    # The new base must reach the rotary frequencies, not only the file.
    original = AutoModelForCausalLM.from_pretrained(folder)
    assert not torch.equal(changed.model.rotary_emb.inv_freq, original.model.rotary_emb.inv_freq)
    assert torch.equal(changed.model.embed_tokens.weight, original.model.embed_tokens.weight)


def test_weights_of_an_older_source_come_along(tmp_path, folder):
    import shutil

    older = Path(shutil.copytree(folder, tmp_path / "older"))
    model = AutoModelForCausalLM.from_pretrained(folder)
    torch.save(model.state_dict(), older / "pytorch_model.bin")
    both = Path(pretrained(path=str(older), ctx=Context(tmp_path / "both")))
    assert not (both / "pytorch_model.bin").exists()
    (older / "model.safetensors").unlink()
    linked = AutoModelForCausalLM.from_pretrained(pretrained(path=str(older), ctx=Context(tmp_path / "old")))
    assert all(torch.equal(a, b) for a, b in zip(linked.parameters(), model.parameters(), strict=True))


def test_pretrained_can_be_given_a_template(tmp_path, folder):
    path = pretrained(path=str(folder), ctx=Context(tmp_path), template="bare")
    chat = [{"role": "user", "content": "1+1"}]
    assert AutoTokenizer.from_pretrained(path).apply_chat_template(chat, tokenize=False) == "1+1:"
    assert "<|im_start|>" in AutoTokenizer.from_pretrained(folder).apply_chat_template(chat, tokenize=False)


def test_pretrained_says_what_is_wrong(tmp_path, folder):
    with pytest.raises(LimbeckError, match="max_position_embeddings"):
        pretrained(path=str(folder), ctx=Context(tmp_path / "a"), config={"max_positions_embeddings": 1})
    with pytest.raises(LimbeckError, match="no folder at"):
        pretrained(path=str(tmp_path / "nowhere"), ctx=Context(tmp_path / "b"))
    with pytest.raises(LimbeckError, match="no model folder"):
        pretrained(path=str(tmp_path), ctx=Context(tmp_path / "c"))


def test_lora_starts_as_the_model_it_was_and_trains_little(folder):
    pytest.importorskip("peft", reason="adapters need the extra limbeck[peft]")
    model = AutoModelForCausalLM.from_pretrained(folder)
    ids = torch.arange(10)[None]
    with torch.no_grad():
        before = model(input_ids=ids).logits
    wrapped = lora(model, r=2, alpha=4)
    with torch.no_grad():
        assert torch.equal(wrapped(input_ids=ids).logits, before)
    trained = sum(p.numel() for p in wrapped.parameters() if p.requires_grad)
    assert 0 < trained < sum(p.numel() for p in model.parameters()) / 2
    with pytest.raises(LimbeckError, match="q_proj"):
        lora(AutoModelForCausalLM.from_pretrained(folder), targets="qproj")


def test_an_adapted_student_is_handed_on_merged_and_stays_as_it_was(folder):
    pytest.importorskip("peft", reason="adapters need the extra limbeck[peft]")
    from transformers import AutoModelForCausalLM

    from limbeck.models.vllm import plain_weights

    bare = AutoModelForCausalLM.from_pretrained(folder)
    names = bare.state_dict().keys()
    wrapped = lora(bare, r=2, alpha=4)
    for name, value in wrapped.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(value)
    before = {name: value.clone() for name, value in wrapped.state_dict().items()}
    handed = plain_weights(wrapped)
    after = wrapped.state_dict()
    assert handed.keys() == names
    assert all(torch.equal(before[name], after[name]) for name in before)
    merged = wrapped.merge_and_unload().state_dict()
    assert all(torch.allclose(handed[name], merged[name], atol=1e-6) for name in names)
    assert not torch.equal(
        handed["model.layers.0.self_attn.q_proj.weight"],
        before["base_model.model.model.layers.0.self_attn.q_proj.base_layer.weight"],
    )
