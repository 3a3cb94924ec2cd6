"""verifiers/countdown: any expression of the numbers, exactly evaluated."""

from __future__ import annotations

from fractions import Fraction

import pytest

from limbeck.answers.arithmetic import evaluate
from limbeck.records import Problem, Trace
from limbeck.verifiers.programs.countdown import countdown


def judge(verify, answer, reasoning="", **problem):
    verdict = verify(
        Problem(id="p", **{"question": "", **problem}),
        Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer),
    )
    assert verdict.verifier == verify.__name__
    return verdict.outcome, verdict.reason


@pytest.mark.parametrize(
    ("text", "value", "numbers"),
    [("2+3*4", 14, [2, 3, 4]), ("(2+3)*4", 20, [2, 3, 4]), ("8-3-2", 3, [8, 3, 2]),
     ("8/3/2", Fraction(4, 3), [8, 3, 2]), (" ( 7 ) ", 7, [7]), ("2*(3-(4-12))", 22, [2, 3, 4, 12])],
)  # fmt: skip
def test_arithmetic_is_exact_with_the_usual_precedence(text, value, numbers):
    assert evaluate(text) == (value, numbers)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "the end"), ("2+", "the end"), ("-2", "out of place"), ("2 3", "'3' is out of place"),
     ("(2", "not closed"),
     ("2)", "out of place"), ("2**3", "out of place"), ("1/(2-2)", "zero"), ("a+1", "'a' is not"),
     ("2.5", "'.'"),
     ("__import__('os')", "'_' is not"), ("9" * 101, "longer")],
)  # fmt: skip
def test_what_is_no_arithmetic_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        evaluate(text)


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [("3*(7+2)", "correct", "= 27"), ("(2+7)*3", "correct", "= 27"), ("3*7+2*3", "wrong", "3 is not there"),
     ("3*9", "wrong", "9 is not there"), ("7+2", "wrong", "3 is not used"),
     ("7+2+3", "wrong", "is 12, not 27"),
     ("27", "wrong", "27 is not there"), ("7/2*3", "wrong", "is 21/2"), ("nothing", "unparsed", "'n'"),
     ("", "unparsed", "end")],
)  # fmt: skip
def test_countdown_takes_any_expression_of_the_numbers(answer, outcome, said):
    given = {"numbers": [7, 2, 3], "target": 27}
    found, reason = judge(countdown, answer, meta=given)
    assert found == outcome
    assert said in reason


def test_countdown_may_leave_numbers_and_needs_a_target():
    problem = Problem(id="p", question="", meta={"numbers": [9, 3, 1], "target": 27})
    trace = Trace(id="t", problem_id="p", answer="9*3")
    assert countdown(problem, trace).outcome == "wrong"
    assert countdown(problem, trace, every=False).outcome == "correct"
    assert judge(countdown, "9*3")[0] == "unknown"
