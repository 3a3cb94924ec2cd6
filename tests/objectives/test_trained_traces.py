"""Objectives on traces marked right or wrong train in the loop."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="training needs the extra limbeck[train]")

import small_world  # noqa: E402

from limbeck.records import Verdict  # noqa: E402


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A student and a teacher."""
    folder = tmp_path_factory.mktemp("models")
    return small_world.student(folder / "s"), small_world.student(folder / "t", width=32, seed=1)


def judged():
    """The small world with verdicts, and with scores as earlier stages would leave them."""
    data = small_world.world()
    for trace in data.traces:
        outcome = "correct" if trace.id.endswith("right") else "wrong"
        trace.verdicts.append(Verdict("exact", outcome))
        trace.scores |= {"quality": 0.8 if outcome == "correct" else 0.1, "nat_beta": 0.3}
    return data


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("kto", {}), ("topr", {"behaviour": "reference"}), ("qcrd", {}), ("negative_calibrated", {}),
        ("negative_aware", {"behaviour": "reference"}), ("ipo", {}), ("cpo", {}), ("orpo", {}), ("nca", {}),
        ("unlikelihood", {}),
    ],
)  # fmt: skip
def test_it_trains_in_the_loop(tmp_path, models, name, params):
    start, teacher = models
    more = {"teacher": teacher} if name == "negative_calibrated" else {}
    use = small_world.objective(name, **params)
    # All data in every step, so that losses can be compared.
    small_world.train(tmp_path, start, judged(), use=use, steps=8, batch=120, **more)
    curve = small_world.curve(tmp_path)
    assert all(math.isfinite(value) for row in curve for value in row.values())
    assert curve[-1]["loss"] < curve[0]["loss"]
