"""DAPO's reward: its length penalty by hand, and groups that teach nothing."""

import math

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.parameters import ready
from limbeck.records import Group, Problem, Trace


def group(*traces):
    made = [
        Trace(id=f"p/{at}", problem_id="p", reasoning="", answer=answer, tokens=tokens, format="plain")
        for at, (answer, tokens) in enumerate(traces)
    ]
    return Group(Problem(id="p", question="3+4?", answer="7"), made)


def rewarded(*groups, **settings):
    settings = {"verifier": "exact", "longest": 20, "margin": 4, **settings}
    return ready("rewards/soft_overlong", **settings)([*groups])


def test_the_penalty_by_equation_13():
    rows = rewarded(group(("7", 16), ("7", 17), ("7", 20), ("7", 99), ("8", 3), ("8", 18)))
    assert rows == [[1.0, 0.75, 0.0, 0.0, -1.0, -1.5]]


def test_groups_alike_are_left_out_unless_they_are_wanted():
    alike = group(("8", 3), ("8", 18))
    assert all(map(math.isnan, rewarded(alike)[0]))
    assert rewarded(alike, drop_alike=False) == [[-1.0, -1.5]]
    assert rewarded(alike, drop_alike=False, wrong=0.0) == [[0.0, -0.5]]


def test_a_margin_is_within_the_budget():
    for margin in (0, 21, -1):
        with pytest.raises(LimbeckError, match=f"margin={margin} must be above 0 and at most longest=20"):
            rewarded(group(("7", 3)), margin=margin)
