"""verifiers/path: edges that a trace cites, held against facts."""

from __future__ import annotations

import pytest

from limbeck.records import Problem, Trace
from limbeck.verifiers.queries.path import path

PROBLEM = Problem(id="p", question="?")


def trace(text: str, answer: str = "", name: str = "t", **more) -> Trace:
    return Trace(id=name, problem_id="p", reasoning=text, answer=answer, **more)


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
