"""verifiers/deductive: each step from the statements it cites, by votes."""

from __future__ import annotations

from functools import partial

import pytest
from flat import flat

from limbeck.models.scripted import Scripted
from limbeck.records import Problem, Trace
from limbeck.texts.natural_program import statements
from limbeck.texts.steps import segment

PROBLEM = Problem(id="p", question="?")


def trace(text: str, answer: str = "", name: str = "t", **more) -> Trace:
    return Trace(id=name, problem_id="p", reasoning=text, answer=answer, **more)


CHAIN = (
    "#1. Ann has 3 cards.\n#2. Bob has 4 more cards than Ann.\n\nStep by step:\n"
    "#3. (by #1 #2) Bob has 3 + 4 = 7 cards.\n"
)

deductive = flat("verifiers/deductive")


def test_a_natural_program_is_read_and_its_places_are_those_of_its_steps():
    found = statements(CHAIN + "#4. So it is 7. (by #3)\n")
    assert [(one.number, one.cites, one.text) for one in found] == [
        (1, None, "Ann has 3 cards."), (2, None, "Bob has 4 more cards than Ann."),
        (3, (1, 2), "Bob has 3 + 4 = 7 cards."), (4, (3,), "So it is 7."),
    ]  # fmt: skip
    assert len(segment(CHAIN, "numbered")) == len(statements(CHAIN))


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
