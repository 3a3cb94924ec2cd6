"""What a run may be continued with, and what is said of a state that is not used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
import torch
from small_world import curve, objective, train
from transformers import AutoModelForCausalLM

from limbeck.networks import attention, norms
from limbeck.training.identity import differences
from limbeck.training.job import Job
from limbeck.training.loop import Loop
from limbeck.training.settings import Learning, Running, Stepping, Watching


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"))


def weights(path: str | Path) -> dict:
    return AutoModelForCausalLM.from_pretrained(path).state_dict()


def killed(folder: Path, start: str, use: str, steps: int = 40) -> None:
    """A run of ``steps`` that dies in its thirteenth, with a state after the tenth."""
    command = [sys.executable, small_world.__file__, str(folder), start, str(steps), use, "13"]
    done = subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL)
    assert done.returncode == -signal.SIGKILL
    assert (folder / "state" / "last.pt").exists()


def equal(ours: Path, theirs: Path) -> bool:
    """Whether two runs have the same curve and weights, bit for bit."""
    a, b = weights(ours / "model"), weights(theirs / "model")
    return curve(ours) == curve(theirs) and all(torch.equal(a[name], b[name]) for name in b)


@pytest.mark.parametrize(
    ("use", "more"),
    [
        ("sft", {"save_every": 3}),  # changes no result
        ("kto", {"save_every": 5}),  # remembers a number from step to step
        ("redi", {"save_every": 5, "gradient_checkpointing": True}),  # the same sums, computed twice
    ],
)
def test_a_killed_run_goes_on_bit_for_bit(tmp_path, start, use, more):
    data = small_world.judged(60)
    small = {"data": data, "use": objective(use), "steps": 40}
    train(tmp_path / "whole", start, save_every=5, **small)
    killed(tmp_path / "killed", start, use)
    said: list[str] = []
    train(tmp_path / "killed", start, log=said, **small, **more)
    assert "continues after step 10" in said
    assert equal(tmp_path / "killed", tmp_path / "whole")


def test_bfloat16_goes_on_bit_for_bit_too(tmp_path, start, monkeypatch):
    """With all that it computes in other ways: attention, norms, the cut into micro-batches."""
    for module in (attention, norms):
        monkeypatch.setattr(module, "fast", lambda device: True)
    small = {"data": small_world.judged(60), "steps": 8, "save_every": 5, "precision": "bf16"}
    train(tmp_path / "whole", start, **small)
    step = Loop._step

    def dies(loop: Loop, number: int) -> dict:
        if number == 6:
            raise KeyboardInterrupt
        return step(loop, number)

    monkeypatch.setattr(Loop, "_step", dies)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "killed", start, **small)
    monkeypatch.setattr(Loop, "_step", step)
    said: list[str] = []
    train(tmp_path / "killed", start, log=said, **small)
    assert "continues after step 5" in said
    assert equal(tmp_path / "killed", tmp_path / "whole")


def test_what_is_lowered_when_memory_runs_out_costs_no_step(tmp_path, start):
    """Sums over smaller pieces round otherwise, so what follows is equal but for that."""
    small = {"use": objective("sft"), "data": small_world.judged(60), "steps": 40}
    train(tmp_path / "whole", start, save_every=5, **small)
    killed(tmp_path / "killed", start, "sft")
    said: list[str] = []
    lower = {"max_tokens_per_microbatch": 60, "gradient_checkpointing": True}
    train(tmp_path / "killed", start, log=said, save_every=5, **small, **lower)
    assert "continues after step 10" in said
    ours, theirs = curve(tmp_path / "killed"), curve(tmp_path / "whole")
    assert ours[:10] == theirs[:10]
    assert ours[-1]["loss"] == pytest.approx(theirs[-1]["loss"], rel=1e-3)


def test_a_state_of_other_settings_is_kept_and_what_differs_is_said(tmp_path, start):
    small = {"use": objective("kto", beta=0.1), "data": small_world.judged(60), "save_every": 5}
    killed(tmp_path, start, "kto")
    said: list[str] = []
    train(tmp_path, start, log=said, **{**small, "use": objective("kto", beta=0.3)}, steps=60, lr=0.02)
    (line,) = [line for line in said if "another run" in line]
    for words in (
        "after step 10",
        "lr was 0.01 and is 0.02",
        "steps was 40 and is 60",
        "objective kto: beta was null and is 0.3",  # a helper that does not fill in defaults
        str(tmp_path / "state" / "aside.pt"),
    ):
        assert words in line
    assert "save_every" not in line
    assert len(curve(tmp_path)) == 60


def test_a_state_that_was_set_aside_is_taken_up_by_the_run_it_fits(tmp_path, start):
    small = {"use": objective("sft"), "data": small_world.judged(60), "steps": 40, "save_every": 5}
    train(tmp_path / "whole", start, **small)
    folder = tmp_path / "killed"
    killed(folder, start, "sft")
    (folder / "state" / "last.pt").rename(folder / "state" / "aside.pt")
    said: list[str] = []
    train(folder, start, log=said, **small)
    assert "continues after step 10" in said
    assert equal(folder, tmp_path / "whole")


@pytest.mark.parametrize("size", [0, 9, 2000, -1])
def test_a_state_cut_short_is_no_state(tmp_path, start, size):
    killed(tmp_path, start, "sft")
    state = tmp_path / "state" / "last.pt"
    state.write_bytes(state.read_bytes()[:size])
    said: list[str] = []
    train(tmp_path, start, small_world.judged(60), log=said, steps=40)
    assert any(f"the saved state {state} cannot be read" in line for line in said)
    assert [row["step"] for row in curve(tmp_path)] == [*range(1, 41)]


def test_an_unfinished_run_of_the_same_stage_under_another_key_is_named(tmp_path, start):
    killed(tmp_path / "sft-0123456789ab", start, "sft")
    (tmp_path / "sft-more-0123456789ab" / "state").mkdir(parents=True)  # another stage's
    (tmp_path / "sft-more-0123456789ab" / "state" / "last.pt").write_bytes(b"")
    said: list[str] = []
    train(tmp_path / "sft-ba9876543210", start, small_world.judged(60), log=said, steps=40, lr=0.02)
    (line,) = [line for line in said if "is not continued" in line]
    assert line.startswith(str(tmp_path / "sft-0123456789ab"))
    assert "after step 10" in line
    assert "lr was 0.01 and is 0.02" in line


def fingerprint(use, **running) -> tuple[str, set[str]]:
    job = Job.of("s", use, Learning(), Stepping(), Running(**running), Watching())
    return job.fingerprint([]), job.idle


def test_a_cut_counts_where_an_objective_compares_what_is_in_one_piece():
    for use, count in (
        (objective("qcrd"), 1),
        (objective("sft"), 0),
        (objective("kto", baseline="batch"), 1),
    ):
        then, idle = fingerprint(use)
        now, _ = fingerprint(use, max_tokens_per_microbatch=64, save_every=7)
        lines = differences(then, now, idle)
        assert lines == ["max_tokens_per_microbatch was 0 and is 64"] * count


def test_a_setting_that_a_state_does_not_know_counts_as_its_default():
    idle = {"save_every"}
    assert differences('{"lr": 1e-05}', '{"lr": 1e-05, "overlong": "skip"}', idle) == []
    assert differences('{"save_every": 3}', "{}", idle) == []
    assert differences("{}", '{"holdout": 0.1}', idle) == ["holdout was 0.0 and is 0.1"]
    assert differences("{}", '{"betas": [0.9, 0.999]}', idle) == []
    assert differences('{"rows": "a"}', '{"rows": "b"}', idle)[0].startswith("the tokens trained on")
    assert differences("not JSON", "{}", idle) == ["its fingerprint cannot be read"]
