"""step_auc, rank_correlation, leap_f1 and false_leaps against values worked by hand."""

from __future__ import annotations

import math

import pytest

from limbeck.evaluation.metrics.false_leaps import false_leaps
from limbeck.evaluation.metrics.leap_f1 import combine as f1
from limbeck.evaluation.metrics.leap_f1 import leap_f1
from limbeck.evaluation.metrics.rank_correlation import combine as rho
from limbeck.evaluation.metrics.rank_correlation import rank_correlation
from limbeck.evaluation.metrics.step_auc import combine as auc
from limbeck.evaluation.metrics.step_auc import step_auc
from limbeck.records import Problem, Trace
from limbeck.texts.parts import Part, with_parts


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def scored(kinds: str, *scores: float) -> Trace:
    """A trace of steps of one character each: c a correction, k a check, p neither."""
    names = {"c": "correction", "k": "check", "p": "progress"}
    parts = [Part(end, names[kind]) for end, kind in enumerate(kinds, 1)]
    values = {f"impact/{step}": score for step, score in enumerate(scores)}
    return with_parts(Trace(id="t", problem_id="p", reasoning=kinds, answer="1", scores=values), parts)


PROBLEM = Problem(id="p", question="q", meta={"hops": 3})


def test_auc_is_over_all_steps_of_all_problems():
    first = step_auc(PROBLEM, [scored("cpk", 2.0, 9.0, 1.0), scored("k", 3.0)])
    second = step_auc(PROBLEM, [scored("cc", 3.0, 0.0)])
    assert first == (1, 2.0, 1.0, 3.0)
    # Corrections 2, 3, 0 against checks 1, 3: 2 beats one of two, 3 beats one and ties one, 0 beats none.
    assert mean(auc([first, second])) == pytest.approx((0.5 + 0.75 + 0.0) / 3)
    assert step_auc(PROBLEM, [scored("ppp", 1.0, 2.0, 3.0)]) is None
    assert math.isnan(mean(auc([second])))


def test_rank_correlation_is_over_all_traces():
    def trace(score: float, hops: float) -> Trace:
        return Trace(id="t", problem_id="p", scores={"s": score}, params={"n": hops}, tokens=20)

    first = rank_correlation(PROBLEM, [trace(1.0, 1), trace(2.0, 3)], score="s", param="n")
    second = rank_correlation(PROBLEM, [trace(9.0, 2)], score="s", param="n")
    assert (first, second) == ((1.0, 1.0, 2.0, 3.0), (9.0, 2.0))
    # Ranks 1 2 3 against 1 3 2: 1 - 6 (0 + 1 + 1) / (3 * 8).
    assert mean(rho([first, second])) == pytest.approx(0.5)
    assert rank_correlation(PROBLEM, [trace(2.0, 1)], meta="hops") == (20.0, 3.0)
    assert rank_correlation(PROBLEM, [trace(math.nan, 1)], score="s", param="n") is None
    assert rho([(1.0, 2.0), (1.0, 3.0)]) == [0.0, 0.0]


def bridge(leaps: list[int], *replies: str) -> tuple[Problem, list[Trace]]:
    traces = [Trace(id=f"t{at}", problem_id="p", answer=reply) for at, reply in enumerate(replies)]
    return Problem(id="p", question="q", meta={"leaps": leaps, "steps": 5}), traces


def test_f1_of_places_and_steps_put_in_for_nothing():
    told = {"missing": "@{before}{text}"}
    hit, spare, none = bridge([1, 3], "@1a@4b"), bridge([], "@2c"), bridge([], "@")
    parts = [leap_f1(*each, **told) for each in (hit, spare, none)]
    assert parts == [(1, 4), (0, 1), (0, 0)]
    assert mean(f1(parts)) == pytest.approx(2 * 1 / (2 * 1 + 2 + 1))
    assert [false_leaps(*each, **told) for each in (hit, spare, none)] == [None, 1.0, 0.0]
    assert leap_f1(PROBLEM, []) is None
    assert f1([(0, 0)]) == [1.0]
