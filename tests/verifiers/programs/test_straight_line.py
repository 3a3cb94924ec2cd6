"""verifiers/straight_line: programs by their last value, states by what they compute."""

from __future__ import annotations

import pytest

from limbeck.checkers.straight_line import run
from limbeck.records import Problem, Trace
from limbeck.verifiers.programs.straight_line import straight_line


def judge(verify, answer, reasoning="", **problem):
    verdict = verify(
        Problem(id="p", **{"question": "", **problem}),
        Trace(id="t", problem_id="p", reasoning=reasoning, answer=answer),
    )
    assert verdict.verifier == verify.__name__
    return verdict.outcome, verdict.reason


def test_states_ignore_names_and_orders_that_compute_the_same():
    one = run("a=3+4;b=a*2;c=5+1;d=b-c")
    assert one == ([(7,), (7, 14), (6, 7, 14), (6, 7, 8, 14)], 8, "")
    other = run("x=1+5;q=4+3;y=q*2;z=y-x")
    assert other.states == [(6,), (6, 7), (6, 7, 14), (6, 7, 8, 14)]
    assert (other.states[2:], other.value) == (one.states[2:], one.value)
    assert run("a=2*3;a=a+a").states == [(6,), (12,)]


@pytest.mark.parametrize(
    ("program", "states", "value", "said"),
    [("a=3+4;b=c*2", [(7,)], 7, "c has no value"), ("a=3+4;;b=a*2", [(7,)], 7, "no statement"),
     ("", [], None, "no statement"), ("a=3**4", [], None, "no statement"),
     ("a=3+4;import os", [(7,)], 7, "no statement"),
     ("a=999999*999999;b=a*a", [(999998000001,)], 999998000001, "too large")],
)  # fmt: skip
def test_a_program_runs_up_to_its_first_bad_statement(program, states, value, said):
    done = run(program)
    assert (done.states, done.value) == (states, value)
    assert said in done.error


def test_a_program_is_judged_by_its_last_value_however_it_was_split():
    given = {"meta": {"value": 14}}
    assert judge(straight_line, "a=3+4;b=a*2", **given)[0] == "correct"
    assert judge(straight_line, "b=a*2", "a=3+4;", **given)[0] == "correct"
    assert judge(straight_line, "b=2*7;a=3+4", **given) == ("wrong", "7 is not 14")
    assert judge(straight_line, "a=3+4;b=a*", **given)[0] == "unparsed"
    assert judge(straight_line, "a=3+4")[0] == "unknown"
