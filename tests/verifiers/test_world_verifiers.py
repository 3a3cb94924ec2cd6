"""The verifiers of the small worlds: solvers pass, changed answers fail, and rubbish is told apart from
mistakes."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from limbeck.answers.arithmetic import evaluate
from limbeck.checkers.straight_line import run
from limbeck.problems.worlds.assignment import assignment
from limbeck.problems.worlds.cipher import cipher
from limbeck.problems.worlds.countdown import countdown as countdowns
from limbeck.problems.worlds.facts import facts
from limbeck.problems.worlds.functions import functions
from limbeck.problems.worlds.judged import judged
from limbeck.problems.worlds.knights import knights
from limbeck.problems.worlds.modes import modes
from limbeck.problems.worlds.padded import padded
from limbeck.problems.worlds.programs import programs
from limbeck.problems.worlds.proofs import proofs
from limbeck.problems.worlds.rules import rules
from limbeck.problems.worlds.skills import skills
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers.choice import choice
from limbeck.verifiers.answers.exact import exact
from limbeck.verifiers.logic.deduction import deduction
from limbeck.verifiers.programs.countdown import countdown
from limbeck.verifiers.programs.straight_line import straight_line

VERIFIERS = {verify.__name__: verify for verify in (exact, choice, countdown, straight_line, deduction)}
MUTATIONS = {
    "exact": lambda answer: answer[:-1] + ("x" if answer[-1] != "x" else "y"),
    "choice": lambda answer: "ABCD"["ABCD".index(answer) - 1],
    "countdown": lambda answer: f"{answer}+1",
    "straight_line": lambda answer: f"{answer};z=1+999999",
    "deduction": lambda answer: f"{answer},mz",
}
SOLVED = [
    assignment(n=60, solve="careful"), rules(n=60, solve="careful"),
    facts(n=60, about="known", solve="honest"),
    cipher(n=60, solve="key"), knights(n=60, solve="cases"), countdowns(n=60, solve="search", backtracks=2),
    countdowns(n=30, numbers=4, solve="search", corrupt="shuffled"), functions(n=60, solve="careful"),
    functions(n=60, task="apply", solve="careful"), skills(n=60, solve="careful"),
    padded(n=60, solve="steps"),
    judged(n=60, solve="verdict"), modes(n=60, solve="mixed"), programs(n=60, solve="any", k=2),
    proofs(n=60, solve="careful"),
]  # fmt: skip


@pytest.mark.parametrize("data", SOLVED, ids=lambda data: data.problems[0].source)
def test_solvers_pass_their_verifier_and_changed_answers_fail(data):
    asked = data.problem_by_id()
    for trace in data.traces:
        problem = asked[trace.problem_id]
        verify = VERIFIERS[problem.verifier]
        assert verify(problem, trace).outcome == "correct" == trace.outcome
        assert trace.verdicts[-1].verifier == problem.verifier
        changed = replace(trace, answer=MUTATIONS[problem.verifier](trace.answer))
        assert verify(problem, changed).outcome == "wrong", changed.answer
        reference = replace(trace, reasoning="", answer=problem.answer)
        assert verify(problem, reference).outcome == "correct"


def test_wrong_searches_and_refusals_do_not_pass():
    wrong = countdowns(n=60, solve="search", corrupt="wrong", backtracks=1)
    assert {countdown(wrong.problem_by_id()[t.problem_id], t).outcome for t in wrong.traces} == {"wrong"}
    refused = facts(n=60, about="withheld", solve="honest")
    assert {exact(refused.problem_by_id()[t.problem_id], t).outcome for t in refused.traces} == {"wrong"}


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
    [("", "the end"), ("2+", "the end"), ("-2", "out of place"), ("2 3", "'3' is out of place"), ("(2", "not closed"),
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


@pytest.mark.parametrize(
    ("answer", "outcome", "said"),
    [("ia&b,mc,mf", "correct", "3 steps"), ("ib&a,ia&b,mc,mf", "correct", "4 steps"), ("mc,mf", "wrong", "step 1"),
     ("ib&a,mc,mf", "wrong", "step 2: modus ponens does not give c"),
     ("ia&b,mc", "wrong", "ends in c, not in f"),
     ("ia&b,eb,eg", "wrong", "step 3: elimination"), ("ia&g", "wrong", "step 1: introduction"),
     ("if", "wrong", "step 1"), ("ia&b;mc,mf", "unparsed", "step 1"), ("", "unparsed", "step 1"),
     ("sorry", "unparsed", "step 1")],
)  # fmt: skip
def test_proofs_are_checked_step_by_step(answer, outcome, said):
    found, reason = judge(deduction, answer, question="c>f,a,a&b>c,b:f")
    assert found == outcome
    assert said in reason


def test_conjunctions_are_taken_apart_on_either_side_but_not_in_front_of_an_arrow():
    assert judge(deduction, "ea,mz", question="b&a,a>z:z")[0] == "correct"
    assert judge(deduction, "eb", question="b&a:b")[0] == "correct"
    assert judge(deduction, "ea", question="b&a>z:a")[0] == "wrong"
    assert judge(deduction, "mz", question="a,a>z")[0] == "unknown"
