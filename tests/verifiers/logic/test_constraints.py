"""verifiers/constraints: programs of constraints and assignments to them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from limbeck.problems.benchmarks.lsat_ar import lsat_ar
from limbeck.records import Problem, Trace, Verdict
from limbeck.verifiers.logic.constraints import constraints
from limbeck.verifiers.ops import judge

z3 = pytest.mark.skipif(not importlib.util.find_spec("z3"), reason="z3-solver is not installed")


def ask(verify, answer: str, reference: str = "", options: dict | None = None, **meta) -> Verdict:
    problem = Problem(id="p", question="", answer=reference, meta=meta)
    trace = Trace(id="t", problem_id="p", answer=answer)
    [(_, verdict)] = judge(lambda p, t: verify(p, t, **(options or {})), [(0, problem, trace)])
    return verdict


SEATS = """
variables:
  ann, bob, cyd: 1..3
  day: mon, tue, wed
constraints:
  distinct(ann, bob, cyd)
  ann < bob -> day = tue   # an arrow joins whole conditions
  bob == cyd + 1
  day in {mon, wed}
ask: must be true
options:
  A: ann == 3
  B: bob == 2
  C: day == wed
"""


@z3
@pytest.mark.parametrize(
    ("change", "outcome", "said"),
    [
        (("B: bob == 2", "B: bob == 1"), "correct", "A alone"),
        (("A: ann == 3", "A: ann == 1"), "wrong", "B alone"),
        (("", ""), "unparsed", "A, B"),
        (("must be true", "could be true"), "unparsed", "A, B, C"),
        (("must be true", "cannot be true"), "unparsed", "no option"),
        (("must be true", "must be true EXCEPT"), "wrong", "C alone"),
        (
            ("must be true\noptions:", "cannot be true\noptions:\n  D: ann + bob * 1 - abs(cyd - 2) == 9"),
            "wrong",
            "D alone",
        ),
        (("bob == cyd + 1", "bob == cyd + 1\n  bob == 1"), "unparsed", "contradict"),
        (("ann == 3", "anne == 3"), "unparsed", "did you mean 'ann'"),
        (("ann == 3", "ann == mon"), "unparsed", "of one kind"),
        (("ann == 3", "ann"), "unparsed", "not a condition"),
        (("ann == 3", "ann =="), "unparsed", "A:"),
        (("ann == 3", "(ann < bob) < cyd"), "unparsed", "of one kind"),
        (("ann == 3", "__import__('os').system('touch /tmp/limbeck-attack')"), "unparsed", "not allowed"),
        (("ann == 3", "[x for x in (1,)] == 1"), "unparsed", "not allowed"),
        (("ann == 3", "ann ** 999999 == 1"), "unparsed", "not allowed"),
        (("ann == 3", "ann.real == 3"), "unparsed", "not allowed"),
        (("ann == 3", "(lambda: 1)() == 1"), "unparsed", "not allowed"),
        (("ann == 3", "ann == 99999999999"), "unparsed", "no variable and no value"),
        (("ann == 3", "(" * 150 + "ann" + ")" * 150 + " == 3"), "unparsed", ""),
        (("ann == 3", "not " * 60 + "ann == 3"), "unparsed", ""),
        (("1..3", "1..99999"), "unparsed", "values"),
        (("1..3", "1, mon"), "unparsed", "numbers and names"),
        (("must be true", "shall be"), "unparsed", "none of what can be asked"),
    ],
)
def test_programs_of_constraints(change, outcome, said):
    verdict = ask(constraints, f"So:\n```\n{SEATS.replace(*change) if change[0] else SEATS}```", "A")
    assert verdict.outcome == outcome, verdict
    assert said in verdict.reason
    assert not Path("/tmp/limbeck-attack").exists()


@z3
@pytest.mark.parametrize(
    "call", ["exactly(1, a, b)", "atleast(2, a, b)", "atmost(0, a, b)", "xor(a, b)", "iff(a, b)"]
)
def test_calls_mean_what_they_say(call):
    truth = {"exactly(1": lambda a, b: a != b, "atleast(2": lambda a, b: a and b,
             "atmost(0": lambda a, b: not (a or b),
             "xor": lambda a, b: a != b, "iff": lambda a, b: a == b}  # fmt: skip
    means = next(meaning for start, meaning in truth.items() if call.startswith(start))
    program = {
        "variables": {"p": "0..1", "q": "0..1"},
        "constraints": [call.replace("a,", "p == 1,").replace("b)", "q == 1)")],
    }
    for p in (0, 1):
        for q in (0, 1):
            verdict = ask(constraints, f"p = {p}, q = {q}", program=program)
            assert verdict.outcome == ("correct" if means(p == 1, q == 1) else "wrong")


@z3
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("a = 1, b = 2, day = tue", "correct"), ('{"a": 1, "b": 2, "day": "tue"}', "correct"),
        ("a is 2; b is 3; day: tue", "correct"),
        ("a = 2, b = 1, day = tue", "wrong"), ("a = 1, b = 7, day = tue", "wrong"),
        ("a = 1, b = 2", "unparsed"),
        ("a = 1, b = 2, day = sun", "wrong"), ("", "unparsed"), ("a = 3, a = 1, b = 2, day = tue", "correct"),
    ],
)  # fmt: skip
def test_assignments_satisfy_the_problems_program(answer, outcome):
    program = {
        "variables": {"a": "1..3", "b": [1, 2, 3], "day": "mon, tue"},
        "constraints": ["a < b", "day != mon"],
    }
    assert ask(constraints, answer, program=program).outcome == outcome
    assert ask(constraints, answer, program={"variables": {}}).outcome == "unknown"
    assert ask(constraints, SEATS, "Z9").outcome == "unknown"


@z3
def test_values_may_be_negative_and_no_name_is_two_things():
    program = {"variables": {"a": "-2..2", "b": "-2..2"}, "constraints": ["a + b == -3"]}
    assert ask(constraints, "a = -1, b = -2", program=program).outcome == "correct"
    assert ask(constraints, "a = 1, b = 2", program=program).outcome == "wrong"
    twice = {"variables": {"a": "b, c", "b": "1..2"}}
    assert "a variable and a value" in ask(constraints, "a = c, b = 1", program=twice).reason


PEOPLE = ("george", "helen", "irving", "kyle", "lenore", "nina", "olivia", "robert")


SLOTS = ("mon_am", "mon_pm", "tue_am", "tue_pm", "wed_am", "wed_pm")


def reports(ask_for: str, options: list[str], *more: str) -> str:
    """The puzzle of eight students and six reports that the LSAT file begins with, formalised by hand."""
    lines = ["variables:", f"{', '.join(PEOPLE)}: none, {', '.join(SLOTS)}", "constraints:"]
    lines += [f"exactly(1, {', '.join(f'{person} == {slot}' for person in PEOPLE)})" for slot in SLOTS]
    lines += ["george in {none, tue_am, tue_pm}", "olivia not in {mon_pm, tue_pm, wed_pm}"]
    lines += ["robert not in {mon_pm, tue_pm, wed_pm}"]
    for day, then in (("mon", "tue"), ("tue", "wed")):
        both = " and ".join(f"{person} in {{{then}_am, {then}_pm}}" for person in ("helen", "irving"))
        lines.append(f"nina in {{{day}_am, {day}_pm}} -> {both}")
    return "\n".join(
        [*lines, *more, f"ask: {ask_for}", "options:", *map(": ".join, zip("ABCDE", options, strict=True))]
    )


@z3
def test_real_questions_of_the_lsat(shared):
    labels = [problem.answer for problem in lsat_ar(path=shared / "mcq/agieval_lsat_ar.jsonl").problems]
    orders = ("helen robert olivia irving lenore kyle", "irving olivia helen kyle nina lenore",
              "lenore helen george kyle robert irving", "nina helen robert irving olivia lenore",
              "olivia nina irving helen kyle george")  # fmt: skip
    schedules = [
        " and ".join(f"{person} == {slot}" for person, slot in zip(order.split(), SLOTS, strict=True))
        for order in orders
    ]
    assert ask(constraints, reports("could be true", schedules), labels[0]).outcome == "correct"
    morning = [f"{person} in {{mon_am, tue_am, wed_am}}" for person in ("helen", "kyle", "lenore")]
    on = [f"{who} in {{{day}_am, {day}_pm}}" for who, day in
          (("helen", "mon"), ("irving", "mon"), ("irving", "wed"), ("kyle", "tue"),
           ("kyle", "wed"))]  # fmt: skip
    assert ask(constraints, reports("must be true", on, *morning), labels[5]).outcome == "correct"
    assert (
        ask(constraints, reports("must be true", on), labels[5]).outcome == "unparsed"
    )  # without the condition: none
