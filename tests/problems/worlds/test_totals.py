"""Running totals: chains within their bounds, equations that hold, and the first step that does not."""

from __future__ import annotations

import re

import pytest

from limbeck.checkers.totals import first_false, worked, written
from limbeck.errors import LimbeckError
from limbeck.problems.worlds.totals import totals
from limbeck.verifiers.steps.arithmetic import arithmetic


def test_every_total_lies_within_its_bounds_and_every_equation_holds():
    data = totals(n=200, low=1, high=5, most=7, top=14, solve="steps")
    for problem, trace in zip(data.problems, data.traces, strict=True):
        steps = worked(problem.question)
        assert len(steps) == problem.meta["operations"] <= 5
        assert all(0 <= total <= 14 and 1 <= right <= 7 for _, _, right, total in steps)
        assert problem.answer == trace.answer == str(eval(problem.question))
        assert arithmetic(problem, trace).reason == f"{len(steps)} equations hold"
        assert trace.outcome == "correct"


def test_a_trace_has_an_equation_a_line_or_the_answer_alone():
    assert written(worked("7+5-4")) == "7+5=12\n12-4=8\n;8"
    bare = totals(n=3, solve="answer").traces
    assert all(re.fullmatch(r";\d+", trace.reasoning + trace.answer) for trace in bare)
    assert totals(n=3).traces == []


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("7+5=12\n12-4=8\n;8", None),
        ("7+5=12\n?12-5=7\nabc\n12-4=8\n;8", None),  # checks and letters are no steps
        ("7+5=13\n13-4=9\n;9", 0),
        ("7+5=12\n12-3=9\n;9", 1),  # true, but another term
        ("7+5=12\n;8", 1),
        ("7+5=12\n12-4=8\n;9", 2),  # the answer is not the last total
        ("7+5=12\n12-4=8\n8-0=8\n;8", 2),
        ("", 0),
    ],
)
def test_the_first_false_step(text, step):
    assert first_false("7+5-4", text) == step


@pytest.mark.parametrize(
    "wrong", [{"low": 0}, {"most": 0}, {"top": 17}, {"split": "exam"}, {"solve": "hastily"}]
)
def test_settings_that_make_no_world(wrong):
    with pytest.raises(LimbeckError):
        totals(n=2, **wrong)
