"""`problems/deliberations`: what is planted is what is there."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.parameters import ready
from limbeck.records import Data

HABITS = {"repeated": 0.4, "easy_checks": 0.8, "checks": 0.2, "left": 0.3}


def world(**more) -> Data:
    return ready("problems/deliberations", **{"n": 80, "solve": "steps", **more})()


def test_labels_and_shares_fit_the_paragraphs():
    for trace in world(**HABITS).traces:
        labels = trace.params["labels"]
        assert len(trace.reasoning.split("\n\n")) == len(labels)
        for kind in ("repeat", "check", "turn"):
            assert trace.params["planted"][kind] == labels.count(kind) / len(labels)
        assert trace.params["planted"]["left"] == labels.count("turn") / (labels.count("turn") + 1)


def test_a_solution_without_habits_has_a_paragraph_an_operation_and_two_around_them():
    made = world()
    for problem, trace in zip(made.problems, made.traces, strict=True):
        assert trace.params["labels"] == [""] * (problem.meta["operations"] + 2)
        assert trace.outcome == "correct"
        assert (problem.meta["level"] == "easy") == (problem.meta["operations"] <= 3)
        assert eval(problem_sum(problem.question)) == int(problem.answer)


def problem_sum(question: str) -> str:
    """The question read again: ``12+5-3``."""
    first, *moves = question.split(". ")[:-1]
    signs = ["+" if " gets " in move else "-" for move in moves]
    numbers = [next(word for word in move.split() if word.isdigit()) for move in moves]
    start = next(word for word in first.split() if word.isdigit())
    return start + "".join(sign + number for sign, number in zip(signs, numbers, strict=True))


def test_slips_and_a_limit_make_wrong_answers():
    assert any(trace.outcome == "wrong" for trace in world(slips=0.2).traces)
    cut = world(most=2, low=2)
    assert all(len(trace.params["labels"]) == 2 for trace in cut.traces)
    # It has made one move of two or more; what it has is seldom the answer.
    assert sum(trace.outcome == "wrong" for trace in cut.traces) > 0.9 * len(cut.traces)


def test_impossible_bounds_are_refused():
    with pytest.raises(LimbeckError, match="low=5, high=2"):
        world(low=5, high=2)
