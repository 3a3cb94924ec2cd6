"""Verifiers of steps: sums recomputed, paths held against facts, deductions, first wrong steps and
re-checking."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
from flat import flat
from hypothesis import example, given
from hypothesis import strategies as st

from limbeck.answers.equations import equations
from limbeck.errors import LimbeckError
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Problem, Trace
from limbeck.texts.natural_program import statements
from limbeck.verifiers.queries.path import path

arithmetic = flat("verifiers/arithmetic")
deductive = flat("verifiers/deductive")

CONTEXT = Context(Path())
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


FACTS = {
    "facts": [["Ann", "born in", "Rome"], ["Rome", "capital of", "Italy"], ["Bob", "born in", "Rome"]],
    "topic": "Ann",
}


@pytest.mark.parametrize(
    ("text", "answer", "outcome", "place"),
    [
        ("(Ann, born in, Rome), (Rome, capital of, Italy)", "Italy", "correct", ""),
        ("Path: ann -> born_in -> Rome -> capital of -> ITALY", "Italy", "correct", ""),
        ("(Ann, born in, Rome), (Rome, capital of, France)", "France", "wrong", "1"),
        ("(Rome, born in, Ann)", "Ann", "wrong", "0"),
        ("(Ann, born in, Rome), (Bob, born in, Rome)", "Rome", "wrong", "1"),
        ("(Ann, born in, Rome)", "Italy", "wrong", "0"),
        ("(Rome, capital of, Italy)", "Italy", "wrong", "0"),
        ("Ann was born in Rome.", "Italy", "unparsed", None),
    ],
)
def test_paths_are_held_against_the_facts(text, answer, outcome, place):
    found = path(Problem(id="p", question="?", meta=FACTS), trace(text, answer), start="topic")
    assert found.outcome == outcome
    assert place is None or found.extracted == place


def test_edges_may_be_walked_backwards_where_allowed():
    problem = Problem(id="p", question="?", meta=FACTS)
    back = trace("(Ann, born in, Rome), (Bob, born in, Rome)", "Bob")
    assert path(problem, back).outcome == "wrong"
    assert path(problem, back, undirected=True, start="topic").outcome == "correct"
    assert path(PROBLEM, back).outcome == "unknown"
    with pytest.raises(ValueError, match="a fact is"):
        path(Problem(id="p", question="?", meta={"facts": ["ab"]}), back)


CHAIN = (
    "#1. Ann has 3 cards.\n#2. Bob has 4 more cards than Ann.\n\nStep by step:\n"
    "#3. (by #1 #2) Bob has 3 + 4 = 7 cards.\n"
)


def test_a_natural_program_is_read():
    found = statements(CHAIN + "#4. So it is 7. (by #3)\n")
    assert [(one.number, one.cites, one.text) for one in found] == [
        (1, None, "Ann has 3 cards."), (2, None, "Bob has 4 more cards than Ann."),
        (3, (1, 2), "Bob has 3 + 4 = 7 cards."), (4, (3,), "So it is 7."),
    ]  # fmt: skip


def test_a_step_is_shown_with_what_it_cites_and_nothing_else():
    seen = []
    model = Scripted(lambda messages, _: seen.append(messages[-1]["content"]) or "It does.\nyes")
    text = "#1. a\n#2. b\n#3. c\n#4. (by #1 #3) d\n#5. (by #4) e\n"
    found = deductive(Problem(id="p", question="SECRET"), trace(text), model=model, votes=1).result()
    assert (found.outcome, found.extracted, len(seen)) == ("correct", "", 2)
    assert all(part in seen[0] for part in ("#1. a", "#3. c", "#4. d"))
    assert not any(part in seen[0] for part in ("#2. b", "#5. e", "SECRET"))


def test_a_chain_ends_at_its_first_failing_step_and_votes_decide():
    said = {"#4. d": ["yes", "no", "no"], "#5. e": ["no"]}
    model = Scripted(
        lambda messages, n: next(v for k, v in said.items() if f"reasoning:\n{k}" in messages[-1]["content"])[
            n
        ]
    )
    text = "#1. a\n#4. (by #1) d\n#5. (by #4) e\n"
    ask = partial(deductive, PROBLEM, model=model)
    found = ask(trace(text)).result()
    assert (found.outcome, found.extracted, model.asked) == ("wrong", "1", 3)
    assert ask(trace(text), votes=2).result().outcome == "unknown"
    said["#4. d"] = ["perhaps", "yes", "yes"]
    assert ask(trace("#1. a\n#4. (by #1) d\n")).result().outcome == "correct"
    said["#4. d"] = ["perhaps", "perhaps", "no"]
    assert ask(trace("#1. a\n#4. (by #1) d\n")).result().outcome == "unknown"


@pytest.mark.parametrize(
    ("text", "outcome", "why"),
    [
        ("no numbers here", "unparsed", "cites"),
        ("#1. a\n#2. b\n", "unparsed", "cites"),
        ("#1. a\n#2. (by #3) b\n#3. (by #1) c\n", "unknown", "#3, which does not stand above"),
        ("#1. a\n#2. (by #2) b\n", "unknown", "#2, which does not stand above"),
        ("#1. a\n#1. (by #1) b\n", "unknown", "two statements"),
    ],
)
def test_what_is_no_deduction_is_never_asked_of_nor_wrong(text, outcome, why):
    model = Scripted("yes")
    found = deductive(PROBLEM, trace(text), model=model)
    assert (found.outcome, model.asked) == (outcome, 0)
    assert why in found.reason
