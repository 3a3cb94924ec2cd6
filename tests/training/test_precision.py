"""training/fit's precision: what `auto` takes, where it is said, and that measured recipes do not ask."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world  # noqa: E402

from limbeck.pipeline import plan as planning  # noqa: E402
from limbeck.pipeline import recipe as recipes  # noqa: E402
from limbeck.pipeline.registry import method  # noqa: E402
from limbeck.training.accelerator import CPU_BF16, choose_precision  # noqa: E402

CLAIMS = Path(__file__).resolve().parents[2] / "claims"


def machine(monkeypatch, *instructions: str) -> None:
    """A CPU with these instructions, and no GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for name, question in CPU_BF16.items():
        monkeypatch.setattr(torch.cpu, question, lambda has=name in instructions: has)


@pytest.mark.parametrize("name", CPU_BF16)
def test_auto_is_bfloat16_where_the_cpu_multiplies_it(monkeypatch, name):
    machine(monkeypatch, name)
    chosen, why = choose_precision("auto")
    assert chosen == "bf16"
    assert name in why
    assert "precision: fp32" in why


def test_auto_is_float32_on_other_cpus_and_on_a_torch_that_cannot_tell(monkeypatch):
    machine(monkeypatch)
    assert choose_precision("auto")[0] == "fp32"
    for question in CPU_BF16.values():
        monkeypatch.delattr(torch.cpu, question)
    assert choose_precision("auto")[0] == "fp32"


@pytest.mark.parametrize("fast", [True, False])
def test_a_gpu_is_asked_itself(monkeypatch, fast):
    machine(monkeypatch, *CPU_BF16)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: fast)
    assert choose_precision("auto")[0] == ("bf16" if fast else "fp32")


@pytest.mark.parametrize(("asked", "told"), [("auto", 1), ("fp32", 0), ("bf16", 0)])
def test_a_run_says_what_auto_chose_and_computes_in_it(tmp_path, monkeypatch, asked, told):
    machine(monkeypatch, *CPU_BF16)
    start = small_world.student(tmp_path / "start")
    heard: list[str] = []
    small_world.train(tmp_path / "run", start, steps=2, log=heard, precision=asked)
    assert sum("precision" in line and "bf16" in line for line in heard) == told
    small_world.train(tmp_path / "other", start, steps=2, precision="bf16")
    same = small_world.curve(tmp_path / "run") == small_world.curve(tmp_path / "other")
    assert same == (asked != "fp32")


def test_auto_and_float32_are_one_key_and_bfloat16_another():
    fit = method("training/fit")
    keys = [fit.keyed({"precision": each}) for each in ("auto", "fp32", "bf16")]
    assert keys[0] == keys[1] == {"precision": "auto"}
    assert keys[2] == {"precision": "bf16"}


def test_measured_recipes_train_in_float32_whatever_the_machine():
    seen = 0
    nothing = mock.patch("limbeck.pipeline.parameters.need_file", return_value=None)
    with nothing, mock.patch("limbeck.pipeline.parameters.need_model", return_value=None):
        for name in sorted(path.stem for path in CLAIMS.glob("*.json")):
            for step in planning.make(recipes.load(name), Path("nowhere")).steps.values():
                if step.method.key == "training/fit":
                    assert step.params["precision"] == "fp32", (name, step.name)
                    seen += 1
    assert seen > 100
