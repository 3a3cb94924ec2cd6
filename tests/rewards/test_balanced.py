"""rewards/balanced and verified: which traces of a group are left out of a step."""

from __future__ import annotations

import math

import pytest

from limbeck.records import Problem, Trace
from limbeck.rewards.balanced import balanced
from limbeck.rewards.ops import Group
from limbeck.rewards.verified import verified
from limbeck.verifiers.logic.deduction import deduction

GOAL = Problem(id="p", question="c>f,a,a&b>c,b:f", answer="ia&b,mc,mf", verifier="deduction")


def test_half_of_the_negatives_are_dropped_and_no_positive():
    right, wrong = "?f[mf]?c[ia&b,mc];", "?f[mf]?c[ia&b,mg];"
    traces = [
        Trace(id=f"p#{n}", problem_id="p", reasoning=right, answer="ia&b,mc,mf")
        if n % 2
        else Trace(id=f"p#{n}", problem_id="p", reasoning=wrong, answer="mg,mf")
        for n in range(400)
    ]
    ((*rewards,),) = verified([Group(GOAL, traces)], None, verifier=deduction, drop_wrong=0.5)
    assert rewards[1::2] == [1.0] * 200
    assert sum(map(math.isnan, rewards)) / 200 == pytest.approx(0.5, abs=0.1)


def test_balanced_groups_always_have_an_advantage():
    """What Phi-4-Mini-Reasoning's rebalancing is for: plain groups may be all of one kind."""
    for right in range(9):
        traces = [
            Trace(id=f"p#{n}", problem_id="p", answer="ia&b,mc,mf" if n < right else "mf") for n in range(8)
        ]
        plain = verified([Group(GOAL, traces)], None, verifier=deduction, wrong=-1.0)[0]
        kept = [
            value for value in balanced([Group(GOAL, traces)], None, verifier=deduction)[0] if value == value
        ]
        assert (len(set(plain)) == 2) == (0 < right < 8)
        assert sum(kept) == 0
        assert (len(kept) > 0) == (0 < right < 8)
