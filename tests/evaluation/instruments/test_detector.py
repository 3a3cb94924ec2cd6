"""evaluation/detector: an area under a curve that other traces' fit has to earn."""

from __future__ import annotations

import random

import numpy as np
import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments.detector import _predicted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict

detector = flat("evaluation/detector")


def world(n: int = 300, **at: float) -> Data:
    """Half of the traces wrong; score ``a`` tells a little of it, ``b`` a little more, ``noise`` nothing."""
    rng, data = random.Random(0), Data()
    for number in range(n):
        wrong = number % 2 == 0
        data.problems.append(Problem(id=f"p{number}", question="?", source="w", split="test"))
        scores = {"a": rng.gauss(wrong, 1), "b": rng.gauss(-2 * wrong, 1), "noise": rng.random()}
        outcome = "wrong" if wrong else "correct"
        trace = Trace(
            id=f"t{number}", problem_id=f"p{number}", verdicts=[Verdict("x", outcome)], scores=scores
        )
        data.traces.append(trace)
    return data


def auc(data: Data, *scores: str, path) -> float:
    return detector(data, scores=scores, ctx=Context(path)).results[0].value


def test_scores_that_tell_more_have_more_area_whatever_their_sign(tmp_path):
    data = world()
    some = {name: auc(data, name, path=tmp_path) for name in ("a", "b", "noise")}
    # Of two Gaussians d spreads apart: the normal distribution's value at d / sqrt 2.
    assert some["a"] == pytest.approx(0.760, abs=0.06)
    assert some["b"] == pytest.approx(0.921, abs=0.04)
    assert some["noise"] == pytest.approx(0.5, abs=0.08)
    assert auc(data, "a", "b", path=tmp_path) == pytest.approx(0.943, abs=0.03)


def test_the_fit_is_where_the_gradient_vanishes():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    wrong = rng.random(200) < 1 / (1 + np.exp(-x[:, 0]))
    p = _predicted(x, wrong, x)
    assert p.sum() == pytest.approx(wrong.sum()), "the intercept is not held back"
    assert np.isfinite(_predicted(np.zeros((4, 1)), np.array([True, False, True, False]), x[:, :1])).all()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"scores": ()}, "a score, and two folds"),
        ({"scores": ("a",), "folds": 1}, "two folds"),
        ({"scores": ("nois",)}, "did you mean 'noise'"),
    ],
)
def test_what_cannot_be_is_said(given, told, tmp_path):
    with pytest.raises(LimbeckError, match=told):
        detector(world(), ctx=Context(tmp_path), **given)
    alike = world()
    alike.traces = [trace for trace in alike.traces if trace.outcome == "wrong"]
    with pytest.raises(LimbeckError, match="alike in outcome"):
        detector(alike, scores=("a",), ctx=Context(tmp_path))
