"""Scores of a judge made into chances: what is fitted, on whom, and that it helps where a judge is too
sure."""

from __future__ import annotations

import numpy as np
import pytest

from limbeck.curation.score.calibrated import calibrated, chance, fit
from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments._ranking import calibration_error
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict


@pytest.fixture
def ctx(tmp_path) -> Context:
    return Context(tmp_path)


def judged_data(n: int, seed: int, sure: float = 3.0, name: str = "p") -> tuple[Data, np.ndarray, np.ndarray]:
    """A judge whose scores have ``sure`` times the logit that they should have."""
    rng = np.random.default_rng(seed)
    true = 1 / (1 + np.exp(-rng.normal(0.3, 1.0, n)))
    right = rng.random(n) < true
    scores = chance(true, sure, 0.0)
    problems = [Problem(id=f"{name}{i}", question="q") for i in range(n)]
    traces = [
        Trace(
            id=f"{name}{i}/0", problem_id=f"{name}{i}", scores={"judge": float(scores[i])},
            verdicts=[Verdict("gold", "correct" if right[i] else "wrong"), Verdict("judge", "correct")],
        )
        for i in range(n)
    ]  # fmt: skip
    return Data(problems, traces), right, scores


def test_a_judge_that_is_too_sure_is_toned_down(ctx):
    data, right, raw = judged_data(2000, 0)
    labelled, _, _ = judged_data(500, 1, name="l")
    done = calibrated(data, labelled, score="judge", ctx=ctx)
    now = np.array([trace.scores["judge"] for trace in done.traces])
    ones = np.ones(len(right))
    assert calibration_error(right, now, ones) < 0.05 < calibration_error(right, raw, ones)
    assert ((now - right) ** 2).mean() < ((raw - right) ** 2).mean()
    assert (np.argsort(now) == np.argsort(raw)).all()
    last = done.traces[0].verdicts[-1]
    assert (last.verifier, last.score) == ("judge", now[0])
    assert last.outcome == ("correct" if now[0] >= 0.5 else "wrong")
    assert len(done.traces[0].verdicts) == 3


def test_the_fit_is_where_the_gradient_is_nothing():
    rng = np.random.default_rng(2)
    scores, right = rng.random(300), rng.random(300) < 0.4
    slope, shift = fit(scores, right)
    good, bad = right.sum(), (~right).sum()
    gap = chance(scores, slope, shift) - np.where(right, (good + 1) / (good + 2), 1 / (bad + 2))
    logit = np.log(scores / (1 - scores))
    assert abs(gap.sum()) < 1e-6
    assert abs((gap * logit).sum()) < 1e-6


@pytest.mark.parametrize(
    ("scores", "right"),
    [([1.0, 1.0, 0.0, 0.0], [1, 1, 0, 0]), ([0.5, 0.5, 0.5], [1, 1, 0]), ([0.9, 0.1], [0, 1])],
)
def test_few_certain_and_equal_scores_end_in_no_certainty(scores, right):
    slope, shift = fit(np.array(scores), np.array(right, dtype=bool))
    p = chance(np.array(scores), slope, shift)
    assert np.isfinite([slope, shift]).all()
    assert ((p > 0.1) & (p < 0.9)).all()


def test_what_cannot_be_calibrated_is_said(ctx):
    data, _, _ = judged_data(5, 0)
    with pytest.raises(LimbeckError, match="5 problems are in both"):
        calibrated(data, data, score="judge", ctx=ctx)
    one_sided, _, _ = judged_data(5, 0, name="l")
    for trace in one_sided.traces:
        trace.verdicts[0] = Verdict("gold", "correct")
    with pytest.raises(LimbeckError, match="right and wrong traces are needed; 5 of 5"):
        calibrated(data, one_sided, score="judge", ctx=ctx)
    with pytest.raises(LimbeckError, match="0 of 5 labelled traces have a score 'jduge'"):
        calibrated(data, one_sided, score="jduge", ctx=ctx)


def test_a_trace_without_a_score_stays_as_it_is(ctx):
    labelled, _, _ = judged_data(50, 1, name="l")
    bare = Trace(id="t", problem_id="p")
    assert calibrated(
        Data([Problem(id="p", question="q")], [bare]), labelled, score="judge", ctx=ctx
    ).traces == [bare]


def test_the_error_of_calibration_is_zero_for_honest_scores():
    right, scores = np.array([1, 0, 1, 1]), np.array([0.75, 0.75, 0.75, 0.75])
    assert calibration_error(right, scores, np.ones(4)) == 0
    assert calibration_error(right, np.array([1.0, 0.0, 1.0, 1.0]), np.ones(4)) == 0
    assert calibration_error(right, np.array([0.0, 1.0, 0.0, 0.0]), np.ones(4)) == 1
