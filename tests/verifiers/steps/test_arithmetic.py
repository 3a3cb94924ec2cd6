"""verifiers/arithmetic: every sum in a trace recomputed."""

from __future__ import annotations

import json

import pytest
from flat import flat
from hypothesis import example, given
from hypothesis import strategies as st

from limbeck.answers.equations import equations
from limbeck.errors import LimbeckError
from limbeck.records import Problem, Trace

arithmetic = flat("verifiers/arithmetic")

PROBLEM = Problem(id="p", question="?")


def trace(text: str, answer: str = "", name: str = "t", **more) -> Trace:
    return Trace(id=name, problem_id="p", reasoning=text, answer=answer, **more)


def holds(text: str) -> list[bool | None]:
    return [found.holds for found in equations(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("So he makes $180 * 7 = $1260.", [True]),
        ("So he makes $180 * 7 = $1,261.", [False]),
        ("A = (-9 - 5 - 0) = (-9 - 5) = -14.", [True, True]),
        ("3 - -8 * 2 = 19", [True]),
        ("-3^2 = -9; 2^3 = 9", [True, False]),
        (r"\frac{3}{4} + \frac{1}{4} = 1, 2 \times 3 = 7", [True, False]),
        ("10 / 3 = 3.33", [True]),
        ("10 / 3 = 3.4", [False]),
        ("10 / 3 = 3", [False]),
        ("10 / 3 ≈ 3", [True]),
        ("7/2 = 3 1/2", [True]),
        ("110% of 40 = 40 * 1.1 = 44", [True, True]),
        ("20% * 50 = 10; 1/4 = 25%", [True, True]),
        ("12 pints / 3.5 = 3.43 pints", [True]),
        ("3 weeks * 7 days/week = 22 days", [False]),
        ("- 5 + 3 = 8", [True]),
        ("**5 + 4 = 9**", [True]),
        ("5 * 3 = 15 = 16 - 1", [True, True]),
        # Read in two ways: right when one is right, open when none is.
        ("$100 + 10% = $110", [True]),
        ("$100 + 10% = $120", [None]),
        ("1 hour + 30 minutes = 90 minutes", [None]),
        ("17 / 5 = 3 remainder 2", [None]),
        ("5 million * 2 = 10 million", [True]),
        # Not read: a name, a function, a ratio, a power of what is not seen.
        ("2x + 3 = 9", []), ("x - 3 = 9", []), ("f(2) = 9", []), ("sqrt(16) + 2 = 6", []),
        ("3:4 * 2 = 6:8", []),
        ("4s + 16 = 2s + 32", []), ("half of 10 - 2 = 3", []), ("5! + 3 = 8", []), ("0900-0130 = 0730", []),
        ("60 minutes = 1 hour", []), ("4 + 1 == 6", []), ("3 + 4 >= 9", []), ("2 + 2", []),
    ],
)  # fmt: skip
def test_equations_are_read_and_recomputed(text, found):
    assert holds(text) == found


@given(st.integers(-999, 999), st.sampled_from("+-*"), st.integers(0, 999), st.integers(1, 50))
def test_a_sum_holds_exactly_when_it_is_right(left, sign, right, off):
    value = {"+": left + right, "-": left - right, "*": left * right}[sign]
    assert holds(f"We get {left} {sign} {right} = {value}.") == [True]
    assert holds(f"We get {left} {sign} {right} = {value + off}.") == [False]


@example("a-≈")
@given(st.text(alphabet="0123456789+-*/()=.,%$x ^≈\\{}abc\n", max_size=80))
def test_no_text_stumbles_the_reader(text):
    for found in equations(text):
        assert found.holds in (True, False, None)
        assert 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize(
    "text", ["9" * 50_000 + " = 1 + 1", "2^" * 3000 + "2 = 4", "(" * 9000 + "1 = 1", "1 = " * 20_000]
)
def test_hostile_sums_cost_nothing(text):
    assert all(found.holds is not False for found in equations(text) if "2^" in text or "(" in text)


def test_the_first_wrong_sum_is_named():
    found = arithmetic(PROBLEM, trace("First, 2 + 2 = 4.\nThen 4 * 3 = 13.\nThen 1 + 1 = 3."))
    assert (found.outcome, found.extracted) == ("wrong", "1")
    assert "4 * 3 is 12, not 13" in found.reason
    assert arithmetic(PROBLEM, trace("2 + 2 = 4.\n3 * 3 = 9")).outcome == "correct"
    assert arithmetic(PROBLEM, trace("nothing to add")).outcome == "unknown"
    assert arithmetic(PROBLEM, trace("2 + 2 = 4"), need=2).outcome == "unknown"
    assert arithmetic(PROBLEM, trace("")).outcome == "unparsed"
    with pytest.raises(LimbeckError, match="unknown by"):
        arithmetic(PROBLEM, trace("2"), by="word")


def test_sums_on_real_steps(shared):
    """Mistakes of BIG-Bench-Mistake's arithmetic are found at their place; worked answers of GSM8K are left
    alone."""
    right = total = 0
    for line in (shared / "steps/bigbench_mistake_multistep_arithmetic.jsonl").open():
        row = json.loads(line)
        if row["mistake_index"] is None:
            continue
        text = "\n".join(" ".join(step.split()) for step in row["steps"])
        total += 1
        right += arithmetic(PROBLEM, trace(text), by="lines").extracted == str(row["mistake_index"])
    assert right / total > 0.95
    flagged = sum(
        any(found.holds is False for found in equations(json.loads(line)["answer"].split("####")[0]))
        for line in (shared / "gsm8k/test.jsonl").open()
    )
    assert flagged < 15
