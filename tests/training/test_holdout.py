"""Held-out problems: never trained on, measured by the run's objective, and what ends a run that has stopped
paying."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world
import torch
from small_world import curve, objective, train
from transformers import AutoModelForCausalLM

from limbeck.errors import LimbeckError
from limbeck.networks.probe import Probe
from limbeck.pipeline.context import Context
from limbeck.students.new.pretrained import pretrained
from limbeck.training.holdout import Holdout
from limbeck.training.loop import Loop


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return small_world.student(tmp_path_factory.mktemp("start"))


def weights(path: str) -> dict:
    return AutoModelForCausalLM.from_pretrained(path).state_dict()


def watched(monkeypatch) -> list[Holdout]:
    """The holdouts of the runs to come."""
    made: list[Holdout] = []
    true = Holdout.of.__func__

    def of(cls, *given):
        made.append(true(cls, *given))
        return made[-1]

    monkeypatch.setattr(Holdout, "of", classmethod(of))
    return made


def trained_on(monkeypatch) -> set[str]:
    """Ids of all rows of the steps to come."""
    seen: set[str] = set()
    true = Loop._items

    def items(self, number):
        drawn = true(self, number)
        seen.update(row.id for item in drawn for row in item.rows)
        return drawn

    monkeypatch.setattr(Loop, "_items", items)
    return seen


@pytest.mark.parametrize(("use", "rows"), [("sft", 1), ("redi", 2), ("dpo", 2)])
def test_a_share_of_the_problems_is_measured_and_never_trained_on(tmp_path, start, monkeypatch, use, rows):
    made, seen = watched(monkeypatch), trained_on(monkeypatch)
    train(tmp_path, start, use=objective(use), epochs=2, holdout=0.1, evaluate_every=4)
    (holdout,) = made
    assert len(holdout.items) == 6
    held = {row.id for item in holdout.items for row in item.rows}
    assert len(held) == 6 * rows
    assert len(seen) == 54 * rows
    assert not held & seen
    assert [row["step"] for row in curve(tmp_path) if row["val_loss"] is not None] == [4, 8, 12, 14]


def test_the_loss_is_the_objectives_own_on_what_is_held_out_without_dropout(tmp_path, start, monkeypatch):
    made = watched(monkeypatch)
    pretrained(path=start, ctx=Context(tmp_path), config={"attention_dropout": 0.5})
    path = train(
        tmp_path / "run", str(tmp_path / "model"), steps=3, holdout=0.2, max_tokens_per_microbatch=60
    )
    rows = [item.rows[0] for item in made[0].items]
    logps = [logp for _, (logp,) in Probe.open(path).tokens(rows, lambda batch, policy: policy.logp_N)]
    mean = -sum(logp.sum() for logp in logps) / sum(map(len, logps))
    assert curve(tmp_path / "run")[-1]["val_loss"] == pytest.approx(mean, rel=1e-5)


def test_which_problems_depends_on_seed_and_id_alone(tmp_path, start, monkeypatch):
    made = watched(monkeypatch)
    for name, more in {"a": {}, "b": {"data": turned()}, "c": {"seed": 1}}.items():
        train(tmp_path / name, start, steps=1, holdout=0.1, **more)
    first, again, other = ({item.rows[0].problem for item in holdout.items} for holdout in made)
    assert first == again
    assert first != other


def turned():
    data = small_world.world()
    data.problems.reverse()
    data.traces.reverse()
    return data


def test_training_is_the_same_with_and_without_looking(tmp_path, start):
    rare = train(tmp_path / "rare", start, steps=6, holdout=0.1, evaluate_every=6)
    often = train(tmp_path / "often", start, steps=6, holdout=0.1, evaluate_every=1)
    assert all(
        torch.equal(a, b) for a, b in zip(weights(rare).values(), weights(often).values(), strict=True)
    )


def falls_until(monkeypatch, step: int) -> None:
    """Losses that fall up to a step and rise behind it: when real ones turn, rounding decides."""
    true = Holdout.stops

    def stops(self, number, loss, module):
        return true(self, number, float(abs(number - step)), module)

    monkeypatch.setattr(Holdout, "stops", stops)


def test_patience_stops_and_keeps_the_student_of_the_lowest_loss(tmp_path, start, monkeypatch):
    log: list[str] = []
    given = {"holdout": 0.1, "evaluate_every": 2, "schedule": "constant", "warmup": 0}
    step = 8
    falls_until(monkeypatch, step)
    path = train(tmp_path / "stopped", start, steps=60, patience=3, log=log, **given)
    rows = [row["step"] for row in curve(tmp_path / "stopped") if row["val_loss"] is not None]
    assert rows == [2, 4, 6, 8, 10, 12, 14]
    assert any(f"the student of step {step} is kept" in line for line in log)
    until = train(tmp_path / "until", start, steps=step, **given)
    assert all(
        torch.equal(a, b) for a, b in zip(weights(path).values(), weights(until).values(), strict=True)
    )


def test_an_interrupted_run_goes_on_to_the_same_end(tmp_path, start, monkeypatch):
    given = {"holdout": 0.1, "evaluate_every": 2, "patience": 3, "warmup": 0, "save_every": 1}
    given |= {"steps": 60, "schedule": "constant"}
    falls_until(monkeypatch, 8)
    whole = train(tmp_path / "whole", start, **given)
    steps = len(curve(tmp_path / "whole"))
    true = Loop._step

    def interrupted(self, number):
        if number == steps - 2:
            raise KeyboardInterrupt
        return true(self, number)

    with monkeypatch.context() as patched:
        patched.setattr(Loop, "_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "cut", start, **given)
    state = torch.load(tmp_path / "cut" / "state" / "last.pt", weights_only=True)
    assert 0 < state["holdout"]["best_step"] < state["step"] == steps - 2
    assert state["holdout"]["waited"] > 0
    path = train(tmp_path / "cut", start, **given)
    assert curve(tmp_path / "cut") == curve(tmp_path / "whole")
    assert all(
        torch.equal(a, b) for a, b in zip(weights(path).values(), weights(whole).values(), strict=True)
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"holdout": 1.0}, "share of the problems"),
        ({"patience": 2}, "patience is about held-out problems; set holdout"),
        ({"evaluate_every": 2}, "evaluate_every is about held-out problems"),
        ({"holdout": 0.999}, "holds out 60 of 60 problems"),
    ],
)
def test_settings_that_cannot_work(tmp_path, start, more, words):
    with pytest.raises(LimbeckError, match=words):
        train(tmp_path, start, steps=1, **more)


def test_rollouts_have_nothing_to_hold_out(tmp_path, start):
    from flat import with_settings

    more = {"rollout": with_settings("rollouts/student", n=2), "reward": with_settings("rewards/balanced")}
    with pytest.raises(LimbeckError, match="holdout measures the loss on stored traces"):
        train(tmp_path, start, use=objective("rloo"), steps=1, holdout=0.1, **more)


def test_weights_of_the_best_are_copies():
    module = torch.nn.Linear(2, 1)
    holdout = Holdout([], 1, 1)
    assert not holdout.stops(1, 1.0, module)
    before = module.weight.detach().clone()
    with torch.no_grad():
        module.weight += 1
    assert holdout.stops(2, float("nan"), module)
    holdout.to_best(module, Context(dir=None))
    assert torch.equal(module.weight, before)
