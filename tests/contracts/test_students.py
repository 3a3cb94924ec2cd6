"""What every student keeps: a folder that opens, a tokenizer that loses nothing, weights of its seed."""

from __future__ import annotations

from pathlib import Path

import pytest
import small_world
from contract_cases import BESIDE, entries, ready

torch = pytest.importorskip("torch", reason="students need the extra limbeck[train]")

from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

from limbeck.networks.opening import open_tokenizer  # noqa: E402
from limbeck.networks.template import check_template  # noqa: E402
from limbeck.pipeline.context import Context  # noqa: E402
from limbeck.pipeline.store import MemoryShards  # noqa: E402

NEW = [*entries("students", shelf="new"), *entries("students", shelf="compress")]
ADAPTED = entries("students", shelf="adapt")
SIZES = {"layers": 1, "width": 16, "heads": 2, "tokenizer": "char"}
TEXT = "0 and 7 make 7+1"


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"), layers=2)


def made(entry, folder: Path, start: str) -> str:
    folder.mkdir()
    given = {
        name: value
        for name, value in {**SIZES, "path": start, "student": start}.items()
        if name in entry.params
    }
    inputs = [MemoryShards([small_world.world()]) for _ in entry.inputs]
    return ready(entry, **given, ctx=Context(folder))(*inputs)


@pytest.mark.parametrize("entry", NEW)
def test_a_new_student_opens_and_its_tokenizer_loses_nothing(entry, tmp_path, start):
    path = made(entry, tmp_path / "new", start)
    model = AutoModelForCausalLM.from_pretrained(path)
    tokenizer = open_tokenizer(path)
    check_template(tokenizer)
    ids = tokenizer(TEXT, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(ids) == TEXT
    assert len(tokenizer) <= model.get_input_embeddings().num_embeddings
    assert model(torch.tensor([ids])).logits.isfinite().all()


@pytest.mark.parametrize("entry", NEW)
def test_a_seed_is_a_student(entry, tmp_path, start):
    first, second = (
        AutoModelForCausalLM.from_pretrained(made(entry, tmp_path / name, start)) for name in "ab"
    )
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    words = [AutoTokenizer.from_pretrained(tmp_path / name / "model").get_vocab() for name in "ab"]
    assert words[0] == words[1]


@pytest.mark.parametrize("entry", ADAPTED)
def test_an_adapted_student_begins_as_it_was_and_trains_a_part_of_itself(entry, start):
    pytest.importorskip("peft", reason="adapters need the extra limbeck[peft]")
    model = AutoModelForCausalLM.from_pretrained(start)
    given = {"negative": start} if "negative" in entry.params else {}
    ids = torch.arange(3, 9)[None]
    before = model.eval()(ids).logits.detach()
    changed = ready(entry, **given)(model)
    trained = [each for each in changed.parameters() if each.requires_grad]
    assert 0 < sum(each.numel() for each in trained) < sum(each.numel() for each in changed.parameters())
    logits = changed.eval()(ids).logits
    assert torch.allclose(logits, before, atol=1e-5)
    if entry.name in BESIDE:
        assert not logits.requires_grad
        return
    logits.log_softmax(-1)[0, :, 1].sum().backward()
    assert any(each.grad is not None and each.grad.any() for each in trained)
