"""No identity makes a right answer wrong, and no other expression is ever right.

bench/agreement_properties.py draws more than 20,000 of each.
"""

from __future__ import annotations

from concurrent.futures import Future

import pytest
from latex_of import Pair, different_pairs, equal_pairs

from limbeck.verifiers.answers.math import math


def verdicts(pairs: list[Pair]) -> list[str]:
    asked = [math(*pair) for pair in pairs]
    return [each.result().outcome if isinstance(each, Future) else each.outcome for each in asked]


def told(pairs: list[Pair], outcomes: list[str], never: str) -> list[str]:
    """The pairs with an outcome that must not be."""
    both = zip(pairs, outcomes, strict=True)
    return [f"{problem.answer} | {trace.answer}" for (problem, trace), outcome in both if outcome == never]


@pytest.mark.parametrize("seed", range(4))
def test_a_rewritten_expression_is_never_wrong(seed):
    pairs = list(equal_pairs(seed, 60))
    outcomes = verdicts(pairs)
    assert told(pairs, outcomes, "wrong") == []
    assert outcomes.count("correct") > len(pairs) / 2, "and most are decided"


@pytest.mark.parametrize("seed", range(4))
def test_another_expression_is_never_correct(seed):
    pairs = list(different_pairs(seed, 60))
    outcomes = verdicts(pairs)
    assert told(pairs, outcomes, "correct") == []
    assert outcomes.count("wrong") > len(pairs) / 2, "and most are decided"
