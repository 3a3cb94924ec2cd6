"""verifiers/item_at: one character of the answer, among listed places."""

from __future__ import annotations

import pytest

from limbeck.problems.worlds.cipher import cipher
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers.item_at import item_at


def translated(given: str, name: str = "p#0", places=(1, 3), **more) -> str:
    problem = Problem(id="p", question="?", answer="abcde", meta={"rare": list(places)})
    return item_at(problem, Trace(id=name, problem_id="p", answer=given), places="rare", **more).outcome


def test_an_item_is_drawn_among_the_listed_places_or_the_others():
    names = [f"p#{number}" for number in range(400)]
    assert {translated("xbxdx", name) for name in names} == {"correct"}
    assert {translated("xbxdx", name, others=True) for name in names} == {"wrong"}
    found = [translated("xbxxx", name) for name in names]
    assert found == [translated("xbxxx", name) for name in names]
    assert found.count("correct") / 400 == pytest.approx(0.5, abs=0.08)


def test_an_item_that_is_not_there_is_not_judged():
    assert {translated("ab", f"p#{number}", places=(3,)) for number in range(5)} == {"unparsed"}
    assert translated("abcde", places=()) == "unknown"
    assert translated("abcde", places=(0, 1, 2, 3, 4), others=True) == "unknown"


def test_items_of_a_cipher_are_its_capitals():
    for problem in cipher(n=20, rare=0.3).problems:
        capitals = {place for place, sign in enumerate(problem.question) if sign.isupper()}
        assert capitals == set(problem.meta["rare"])
