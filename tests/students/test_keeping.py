"""A student that cannot be kept is refused before the first step; one that is kept is the one that was
trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
import torch
from flat import with_settings
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models.local import Local
from limbeck.networks.opening import load, open_model
from limbeck.networks.tokenizers import difference, save_tokenizer
from limbeck.pipeline.context import Context
from limbeck.students.new.pretrained import pretrained
from limbeck.training import saving

IDS = torch.arange(3, 12)[None]


@pytest.fixture(scope="module")
def begin(tmp_path_factory) -> Path:
    return Path(small_world.student(tmp_path_factory.mktemp("runs") / "stages" / "student-a"))


@pytest.fixture
def copy(tmp_path, begin) -> Path:
    return Path(shutil.copytree(begin, tmp_path / "copy"))


def edit(file: Path, **values) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def short(folder: Path, start: object, **settings) -> Path:
    return Path(small_world.train(folder, str(start), small_world.world(12), steps=2, **settings))


def says(model) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(input_ids=IDS, use_cache=False).logits


def adapted(**settings):
    pytest.importorskip("peft", reason="adapters need the extra limbeck[peft]")
    return with_settings("students/lora", r=2, **settings)


@pytest.mark.parametrize(
    "odd",
    [
        {"do_sample": False, "temperature": 0.7, "top_p": 0.9},
        {"num_beams": 1, "length_penalty": 0.5, "early_stopping": True},
    ],
)
def test_settings_for_generation_that_are_refused_on_writing_are_left_out(tmp_path, copy, odd):
    edit(copy / "generation_config.json", **odd, repetition_penalty=1.1)
    with pytest.raises(ValueError, match="GenerationConfig is invalid"):
        GenerationConfig.from_pretrained(copy).validate(strict=True)
    kept = GenerationConfig.from_pretrained(short(tmp_path / "run", copy))
    assert kept.repetition_penalty == 1.1
    assert kept.temperature is None
    assert kept.length_penalty is None
    assert kept.eos_token_id == [AutoTokenizer.from_pretrained(copy).eos_token_id]


@pytest.mark.parametrize("targets", ["lm_head", "embed_tokens", "embed_tokens,lm_head,q_proj"])
def test_an_adapter_on_a_tied_matrix_changes_its_own_side_alone(tmp_path, begin, targets):
    saved = short(tmp_path, begin, lr=0.3, adapt=adapted(targets=targets), keep_adapter=True)
    merged = AutoModelForCausalLM.from_pretrained(saved)
    from peft import PeftModel

    trained = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(begin), tmp_path / "adapter")
    torch.testing.assert_close(says(merged), says(trained), atol=1e-5, rtol=1e-4)
    assert (says(merged) - says(AutoModelForCausalLM.from_pretrained(begin))).abs().max() > 1e-2


def test_a_student_that_would_come_back_as_another_is_refused_before_the_first_step(
    tmp_path, begin, monkeypatch
):
    # As peft alone does: the update of the head goes into the embedding too.
    monkeypatch.setattr(saving, "merged", lambda model: model.merge_and_unload())
    with pytest.raises(
        LimbeckError, match=r"before the first step.*merging the adapter makes another student"
    ):
        short(tmp_path, begin, adapt=adapted(targets="lm_head"))
    assert not (tmp_path / "state").exists()
    assert not (tmp_path / "curve.parquet").exists()


def test_a_student_that_went_wrong_in_saving_keeps_its_state_and_is_saved_by_running_again(
    tmp_path, begin, monkeypatch
):
    monkeypatch.setattr(saving, "rehearse", lambda *_: None)
    true = saving.load

    def other(path, dtype):
        model = true(path, dtype)
        model.get_input_embeddings().weight.data.mul_(2)
        return model

    monkeypatch.setattr(saving, "load", other)
    with pytest.raises(LimbeckError, match="saving and opening it again makes another student"):
        short(tmp_path / "run", begin)
    assert [path.name for path in (tmp_path / "run").glob("*model*")] == []
    monkeypatch.setattr(saving, "load", true)
    heard: list[str] = []
    saved = short(tmp_path / "run", begin, log=heard)
    assert "continues after step 2" in heard
    at_once = short(tmp_path / "straight", begin)
    assert (saved / "model.safetensors").read_bytes() == (at_once / "model.safetensors").read_bytes()


def test_what_is_stored_in_bfloat16_is_compared_in_float32(tmp_path, copy, monkeypatch):
    """In bfloat16 training's attention and the usual one differ, in a deep model by more than is allowed."""
    AutoModelForCausalLM.from_pretrained(copy, dtype=torch.bfloat16).save_pretrained(copy)
    true, kinds = saving.read, []

    def read(model, rows):
        kinds.append(next(model.parameters()).dtype)
        return true(model, rows)

    monkeypatch.setattr(saving, "read", read)
    student = short(tmp_path / "run", copy)
    assert set(kinds) == {torch.float32}
    assert AutoModelForCausalLM.from_pretrained(student).dtype == torch.bfloat16


def test_an_adapter_is_merged_in_float32(begin):
    from limbeck.networks.adapters import merged

    model, _ = open_model(str(begin), 0, adapted(targets="q_proj"), None)
    layer = model.get_base_model().model.layers[0].self_attn.q_proj
    with torch.no_grad():
        layer.lora_B["default"].weight.fill_(1e-3)
    layer.base_layer.bfloat16()
    rounded, update = layer.base_layer.weight.detach().clone(), layer.get_delta_weight("default").detach()
    exact = rounded.float() + update
    weight = merged(model).model.layers[0].self_attn.q_proj.weight
    assert torch.equal(weight, exact)
    assert not torch.equal((rounded + update.bfloat16()).float(), exact)


def test_an_adapters_folder_is_a_student_a_model_and_a_source_wherever_its_run_lies(tmp_path, begin):
    runs = tmp_path / "old" / "stages"
    base = shutil.copytree(begin, runs / "student-a" / "model")
    short(runs / "sft-b", base, adapt=adapted(), keep_adapter=True)
    shutil.move(tmp_path / "old", tmp_path / "moved")
    stages = tmp_path / "moved" / "stages"
    adapter = stages / "sft-b" / "adapter"
    wanted = says(AutoModelForCausalLM.from_pretrained(stages / "sft-b" / "model"))
    assert torch.equal(says(load(str(adapter))), wanted)
    (completion,) = Local(str(adapter)).generate(
        [[{"role": "user", "content": "1+2"}]], Sampling(max_tokens=2)
    )[0]
    assert completion.finish in ("stop", "length")
    path = pretrained(
        path=str(adapter), ctx=Context(tmp_path / "pre"), config={"max_position_embeddings": 77}
    )
    plain = AutoModelForCausalLM.from_pretrained(path)
    assert torch.equal(says(plain), wanted)
    assert plain.config.max_position_embeddings == 77
    assert short(tmp_path / "on", adapter).is_dir()
    shutil.rmtree(stages / "student-a")
    with pytest.raises(LimbeckError, match="base_model_name_or_path"):
        load(str(adapter))


def test_rows_with_tokens_that_have_no_embedding_are_left_out_and_counted(tmp_path, copy):
    tokenizer = AutoTokenizer.from_pretrained(copy)
    tokenizer.add_tokens(["and 1"])
    tokenizer.save_pretrained(copy)
    heard: list[str] = []
    data = small_world.world(30)
    small_world.train(tmp_path / "run", str(copy), data, steps=1, log=heard)
    count = sum("and 1" in trace.reasoning or "and 1" in trace.answer for trace in data.kept())
    assert 0 < count < len(data.kept())
    assert any(line.startswith(f"{count} not trained on: token_without_an_embedding") for line in heard)


def test_an_end_of_turn_without_an_embedding_is_an_error(tmp_path, copy):
    model = AutoModelForCausalLM.from_pretrained(copy)
    model.resize_token_embeddings(2)
    model.save_pretrained(copy)
    with pytest.raises(LimbeckError, match=r"<\|im_end\|>.* 2 rows"):
        short(tmp_path / "run", copy)


def test_weights_that_cannot_be_read_are_one_error(tmp_path, copy):
    (copy / "model.safetensors").unlink()
    (copy / "model.onnx").write_bytes(b"onnx")
    with pytest.raises(LimbeckError, match=r"model\.onnx cannot be read"):
        pretrained(path=str(copy), ctx=Context(tmp_path / "a"))
    (copy / "pytorch_model.bin").write_bytes(b"no weights")
    with pytest.raises(LimbeckError, match=r"cannot open the model .*pytorch_model\.bin"):
        short(tmp_path / "run", copy)


def test_a_student_from_scratch_reads_the_tokens_it_was_made_for(tmp_path):
    for kind in ("char", "bpe"):
        path = small_world.student(tmp_path / kind, arch="qwen2", tokenizer=kind, vocab=300)
        tokenizer = AutoTokenizer.from_pretrained(path)
        texts = [trace.reasoning + trace.answer for trace in small_world.world().traces]
        assert all(tokenizer.decode(tokenizer(text)["input_ids"]) == text for text in texts)
    characters = AutoTokenizer.from_pretrained(tmp_path / "char" / "model")
    assert len(characters("12 and 3")["input_ids"]) == 8


def test_tokenizers_of_one_vocabulary_are_compared_by_what_they_cut(tmp_path, begin, copy):
    file = copy / "tokenizer.json"
    known = json.loads(file.read_text())
    known["normalizer"] = {"type": "Lowercase"}
    file.write_text(json.dumps(known))
    ours, other = AutoTokenizer.from_pretrained(begin), AutoTokenizer.from_pretrained(copy)
    assert ours.get_vocab() == other.get_vocab()
    assert difference(ours, ours) is None
    assert difference(ours, other) is not None
    with pytest.raises(LimbeckError, match="token by token"):
        short(tmp_path / "run", begin, teacher=str(copy), use=small_world.objective("kd"))


def test_what_a_tokenizer_has_besides_is_no_difference(begin):
    ours, more = (AutoTokenizer.from_pretrained(begin) for _ in range(2))
    more.add_tokens(["<unused>"])
    assert difference(ours, more) is None
    assert difference(more, ours) is not None


def test_a_tokenizer_that_comes_back_as_another_is_refused(tmp_path, begin):
    shutil.copy(begin / "config.json", tmp_path)
    edit(tmp_path / "config.json", model_type="qwen2")
    with pytest.raises(LimbeckError, match="Qwen2Tokenizer"):
        save_tokenizer(AutoTokenizer.from_pretrained(begin), tmp_path)
