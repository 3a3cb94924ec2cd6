"""problems/deductions: planted steps are the only ones that do not follow."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from limbeck.checkers.deductions import first_wrong, follows
from limbeck.errors import LimbeckError
from limbeck.problems.worlds.deductions import deductions
from limbeck.texts.natural_program import statements


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([("arithmetic",), ("ungrounded",), ("misread",)]))
def test_planted_steps_are_the_only_ones_that_do_not_follow(seed, kinds):
    data = deductions(n=3, k=4, wrong=0.6, kinds=kinds, seed=seed)
    answers = data.problem_by_id()
    for one in data.traces:
        place = first_wrong(statements(one.reasoning))
        assert ("" if place < 0 else str(place)) == one.verdicts[0].extracted
        if one.params["kind"] != "":
            assert (place < 0) == (kinds == ("misread",))
        else:
            assert one.answer == answers[one.problem_id].answer


def test_a_step_follows_only_from_what_it_cites():
    premises = ["Ann has 3 cards.", "Bob has 4 more cards than Ann."]
    assert follows("Bob has 3 + 4 = 7 cards.", premises)
    assert not follows("Bob has 3 + 4 = 8 cards.", premises)
    assert not follows("Bob has 4 + 3 = 7 cards.", premises)
    assert not follows("Bob has 3 + 4 = 7 cards.", premises[:1])
    assert not follows("Bob has 7 cards.", premises)
    assert follows("The answer is 3.", ["How many cards has Ann?", premises[0]])
    assert not follows("The answer is 3.", [premises[0]])
    with pytest.raises(LimbeckError, match="unknown kind of error 'arithmetik'"):
        deductions(n=1, kinds=("arithmetik",))
