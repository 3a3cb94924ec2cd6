"""evaluation/first_error: how often the first wrong step is named, as ProcessBench counts it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from limbeck.errors import LimbeckError
from limbeck.evaluation._shares import harmonic, ratio
from limbeck.evaluation.instruments.first_error import first_error as measured
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict

CONTEXT = Context(Path())


PROBLEM = Problem(id="p", question="?")


def trace(text: str, answer: str = "", name: str = "t", **more) -> Trace:
    return Trace(id=name, problem_id="p", reasoning=text, answer=answer, **more)


def test_the_linearised_f1_and_ratio_have_the_right_mean():
    # Three of four mistakes named, one of two right ones left alone: F1 = 2 * .75 * .5 / 1.25 = 0.6.
    values = harmonic(np.array([1, 1, 1, 0, 1, 0]), np.array([1, 1, 1, 1, 0, 0]))
    assert values.mean() == pytest.approx(0.6)
    assert np.isnan(harmonic(np.array([1, 0]), np.array([1, 1]))).all()
    assert harmonic(np.array([0, 0]), np.array([1, 0])).tolist() == [0, 0]
    assert ratio(np.array([2, 0, 2]), np.array([2, 1, 1])).mean() == pytest.approx(1.0)
    assert np.isnan(ratio(np.zeros(2), np.zeros(2))).all()


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=4, max_size=30))
def test_the_linearised_f1_is_its_slope(rows):
    """Leaving one trace out moves the F1 as its value says, to first order: all values together move it
    nowhere."""
    right, first = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    values = harmonic(right, first)
    if np.isnan(values).any():
        return
    a, b = right[first > 0].mean(), right[first == 0].mean()
    assert values.mean() == pytest.approx(2 * a * b / (a + b) if a + b else 0)


def test_processbench_measures_by_hand():
    def one(name, truth, said):
        step = Verdict("steps", "correct" if truth == -1 else "wrong", "" if truth == -1 else str(truth))
        return trace(str(said), name=name, verdicts=[step]), said

    rows = [
        one("a", 1, 1),
        one("b", 1, 0),
        one("c", 2, -1),
        one("d", 0, 0),
        one("e", -1, -1),
        one("f", -1, 1),
    ]
    data = Data([PROBLEM], [row for row, _ in rows] + [trace("unlabelled", name="z")])

    def says(problem, given):
        said = int(given.reasoning)
        return Verdict("says", "correct" if said == -1 else "wrong", "" if said == -1 else str(said))

    found = measured(data, verifier=says, ctx=CONTEXT)
    values = {row.metric: row.value for row in found.results}
    assert values["error_accuracy"] == 0.5
    assert values["correct_accuracy"] == 0.5
    assert values["f1"] == pytest.approx(0.5)
    assert values["found"] == 0.75
    # One hit of two called correct, and two are: 2 / (2 + 2).
    assert values["chain_f1"] == pytest.approx(0.5)
    assert values["abstained"] == 0
    for metric in ("f1", "chain_f1"):
        assert np.mean([one.scores[metric] for one in found.data.traces]) == pytest.approx(values[metric])
    assert all(not one.scores for one in data.traces), "what was given stays as it was"
    with pytest.raises(LimbeckError, match="has a verdict 'step'"):
        measured(data, verifier=says, label="step", ctx=CONTEXT)
