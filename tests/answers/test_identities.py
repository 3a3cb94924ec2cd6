"""Random expressions: what an identity makes of one is never wrong, and a changed one is never correct."""

from __future__ import annotations

import random
from concurrent.futures import Future

import pytest
from random_expressions import IDENTITIES, agree, different_pair, equal_pair, positive

from limbeck.answers.normal import tidy
from limbeck.expressions.forms import equal
from limbeck.expressions.reading import read
from limbeck.expressions.witness import equality
from limbeck.records import Problem, Trace
from limbeck.verifiers.answers.math import math

DRAWS, LONGEST = 300, 200


def outcome(gold: str, answer: str) -> str:
    found_by = math(Problem(id="p", question="", answer=gold), Trace(id="t", problem_id="p", answer=answer))
    return (found_by.result(timeout=60) if isinstance(found_by, Future) else found_by).outcome


def drawn(pair, seed: int) -> list:
    rng = random.Random(seed)
    pairs = [pair(rng) for _ in range(DRAWS)]
    return [each for each in pairs if each and len(each[1].latex) < LONGEST > len(each[2].latex)]


def test_what_identities_rewrite_is_never_wrong():
    pairs = [pair for pair in drawn(equal_pair, 1) if agree(*pair[1:])]
    outcomes = {pair: outcome(pair[1].latex, pair[2].latex) for pair in pairs}
    wrong = [
        (name, left.latex, right.latex) for (name, left, right), said in outcomes.items() if said == "wrong"
    ]
    assert not wrong
    undecided = sum(each != "correct" for each in outcomes.values()) / len(outcomes)
    assert undecided < 0.03, "only what needs a condition on the signs of letters is left open"


def test_what_was_changed_is_never_correct():
    pairs = drawn(different_pair, 2)
    assert len(pairs) > DRAWS / 2
    assert {outcome(left.latex, right.latex) for _, left, right in pairs} == {"wrong"}


@pytest.mark.parametrize("name", IDENTITIES)
def test_every_identity_is_proved_by_forms(name):
    rng = random.Random(name)
    left, right = IDENTITIES[name](rng, positive(rng), positive(rng), 3, 5)
    trees = [read(tidy(side.latex)).tree for side in (left, right)]
    assert agree(left, right)
    assert equal(*trees) is True
    assert equality(*trees).kind == "equal"
