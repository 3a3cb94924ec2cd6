"""training/fit's precision: what `auto` takes, where it is said, and that measured recipes do not ask."""

from __future__ import annotations

import json
from pathlib import Path
from unittest import mock

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import architectures  # noqa: E402
import small_world  # noqa: E402

from limbeck.networks import attention, norms  # noqa: E402
from limbeck.pipeline import plan as planning  # noqa: E402
from limbeck.pipeline import recipe as recipes  # noqa: E402
from limbeck.pipeline.registry import method  # noqa: E402
from limbeck.training.accelerator import CPU_BF16, choose_precision  # noqa: E402
from limbeck.training.loop import Loop  # noqa: E402

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


def test_bfloat16_learns_as_fast_as_float32(tmp_path, monkeypatch):
    for module in (attention, norms):
        monkeypatch.setattr(module, "fast", lambda device: True)
    start = small_world.student(tmp_path / "start")
    losses = []
    for precision in ("fp32", "bf16"):
        small_world.train(tmp_path / precision, start, steps=20, precision=precision)
        losses.append([row["loss"] for row in small_world.curve(tmp_path / precision)])
    assert losses[0][-1] < 0.7 * losses[0][0]
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


@pytest.mark.parametrize("arch", ["qwen3", "mamba"])
def test_a_student_that_attends_in_its_own_way_trains_and_says_so(tmp_path, monkeypatch, arch):
    monkeypatch.setattr(attention, "fast", lambda device: True)
    heard: list[str] = []
    begin = architectures.start(arch, tmp_path / "start")
    small_world.train(tmp_path / "run", begin, small_world.world(16), steps=2, log=heard, precision="bf16")
    assert any("MambaForCausalLM attends in its own way" in line for line in heard) == (arch == "mamba")


def test_what_auto_chose_is_on_the_card_and_a_run_goes_on_in_that_alone(tmp_path, monkeypatch):
    machine(monkeypatch)
    start = small_world.student(tmp_path / "start")
    small_world.train(tmp_path / "run", start, steps=2, precision="auto")
    assert "| `precision` | fp32 |" in (tmp_path / "run" / "model" / "README.md").read_text()
    monkeypatch.setattr(Loop, "run", lambda self: pytest.fail("trained again"))
    small_world.train(tmp_path / "run", start, steps=2, precision="fp32")
    machine(monkeypatch, *CPU_BF16)
    with pytest.raises(pytest.fail.Exception, match="trained again"):
        small_world.train(tmp_path / "run", start, steps=2, precision="auto")


def test_auto_and_float32_are_one_key_and_bfloat16_another():
    fit = method("training/fit")
    keys = [fit.keyed({"precision": each}) for each in ("auto", "fp32", "bf16")]
    assert keys[0] == keys[1] == {"precision": "auto"}
    assert keys[2] == {"precision": "bf16"}


def test_measured_recipes_train_in_one_precision_whatever_the_machine():
    seen = 0
    nothing = mock.patch("limbeck.pipeline.parameters.need_file", return_value=None)
    packages = mock.patch("limbeck.pipeline.files.packaged", str)
    with nothing, packages, mock.patch("limbeck.pipeline.parameters.need_model", return_value=None):
        for path in sorted(CLAIMS.glob("*.json")):
            page = json.loads(path.read_text(encoding="utf-8"))
            name, scale = page.get("recipe", path.stem), page.get("scale", "miniature")
            for step in planning.make(recipes.load(name, scale=scale), Path("nowhere")).steps.values():
                if step.method.key == "training/fit":
                    wanted = "bf16" if scale == "real" else "fp32"
                    assert step.params["precision"] == wanted, (path.stem, step.name)
                    seen += 1
    assert seen > 100
