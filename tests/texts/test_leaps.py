"""Missing steps: which may be, how they are shown and told, and where a reply puts them."""

from __future__ import annotations

import itertools
import random

import pytest

from limbeck.errors import LimbeckError
from limbeck.texts.leaps import Leap, LeapForm, drawn, inserted, leaps_of, read

STEPS = ["Two and two are 4.\n\n", "Half of it is 2.\n\n", "Twice 2 is 4.\n\n", "So 4 and 1 make 5."]


def test_never_two_in_a_row_and_never_the_last_two():
    seen = {tuple(drawn(7, wanted, random.Random(seed))) for seed in range(300) for wanted in (1, 2, 3)}
    assert all(later - first > 1 for each in seen for first, later in itertools.pairwise(each))
    assert {step for each in seen for step in each} == {0, 1, 2, 3, 4}
    assert (0, 2, 4) in seen
    assert drawn(2, 3, random.Random(0)) == []


def test_a_leap_is_named_by_the_steps_that_are_left():
    assert leaps_of(STEPS, [0, 2]) == [Leap(0, "Two and two are 4."), Leap(1, "Twice 2 is 4.")]


def test_what_is_told_is_read_again():
    form, leaps = LeapForm(), [Leap(0, "Two and two\nare 4."), Leap(2, "Twice 2 is 4.")]
    assert read(form.told(leaps), 3) == leaps
    assert form.told([]) == "There are no missing steps."
    assert read(form.told([]), 3) == []


def test_only_places_between_steps_that_follow_each_other_count():
    reply = (
        "Missing step between Step 1 and Step 3:\nnot in a row\nMissing step between Step 2 and Step 3:\n"
        "behind the last\nMissing step between Step 1 and Step 2:\ngood\n"
        "Missing step between Step 0 and Step 1:\n"
    )
    assert read(reply, 2) == [Leap(1, "good")]


def test_steps_are_put_in_with_the_space_that_parts_steps_there():
    left = [STEPS[1], STEPS[3]]
    text, places = inserted(left, [Leap(0, "Two and two are 4."), Leap(1, "Twice 2 is 4.")])
    assert text == "".join(STEPS)
    assert [text[begin:end] for begin, end in places] == ["Two and two are 4.", "Twice 2 is 4."]
    assert inserted([";1+1=2", ";"], [Leap(1, ";2+1=3")]) == (";1+1=2;2+1=3;", [(6, 12)])


def test_a_form_that_cannot_be_read_again_is_refused():
    with pytest.raises(LimbeckError, match=r"\{before\}"):
        LeapForm(missing="{text}").check("here")
    with pytest.raises(LimbeckError, match="complete"):
        LeapForm(complete=" ").check("here")
