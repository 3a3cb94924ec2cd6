"""Calls for each right answer, by hand."""

from __future__ import annotations

import pytest

from limbeck.decoding.ops import made_of
from limbeck.evaluation.metrics.calls_per_correct import calls_per_correct, combine
from limbeck.generation import Completion
from limbeck.records import Problem, Trace, Verdict


def trace(outcome: str, calls: float | None = None) -> Trace:
    scores = {} if calls is None else {"calls": calls}
    return Trace(id="t", problem_id="p", scores=scores, verdicts=[Verdict("exact", outcome)])


def test_all_calls_over_all_that_is_right():
    problem = Problem(id="p", question="?")
    first = calls_per_correct(problem, [trace("correct", 2), trace("wrong", 4)])
    second = calls_per_correct(problem, [trace("correct"), trace("correct", 3)])
    assert (first, second) == ((3, 0.5), (2, 1))
    # Ten calls, three right ones.
    assert sum(combine([first, second])) / 2 == pytest.approx(10 / 3)
    assert combine([(3, 0.0)]) == []


def test_a_completion_made_of_several_counts_the_calls_of_its_parts():
    part = Completion(text="a", tokens=2)
    pair = made_of("b", part, [part, part])
    assert pair.scores == {"calls": 2}
    assert made_of("c", part, [pair, part]).scores == {"calls": 3}
