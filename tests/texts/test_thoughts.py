"""Where a reasoning is first right, what it repeats, which ways it leaves: by hand."""

from __future__ import annotations

import pytest

from limbeck.records import Trace
from limbeck.texts.parts import ABANDONED, RIGHT, Part
from limbeck.texts.steps import Cutting
from limbeck.texts.thoughts import approaches, first_right, labelled, repeats


def test_the_first_step_with_the_answer_as_a_whole_counts():
    assert first_right(["a 170.", "is 17. ", "17", "!!"], "17") == pytest.approx(13 / 17)
    assert first_right(["1,080 of them", "x"], "1080") == pytest.approx(13 / 14)
    assert first_right(["none"], "17") is None
    assert first_right([], "17") is None
    assert first_right(["anything"], "") is None


def test_steps_that_stood_there_before_are_repeats():
    steps = [
        "Tom has 12 plums and gets 5 more.",
        "So 12 + 5 = 17.",
        "As said, 12 + 5 = 17.",  # of five sequences of three pieces three stood there
        "So 12 + 5 = 17.",
        "Now",
        "He gives 3 away: 17 - 3 = 14.",
    ]
    assert repeats(steps, ["Tom has 12 plums and gets 5 more. How many?"]) == [
        True,
        False,
        True,
        True,
        False,
        False,
    ]
    assert repeats(steps)[:2] == [False, False]
    # as, said, 12, +, 5, =, 17: five sequences, of which three are known.
    assert repeats(steps[1:3], alike=0.61) == [False, False]


def test_left_ways_are_counted_once_each():
    parts = [Part(1), Part(2, approach=1, state=ABANDONED), Part(3, approach=1, state=ABANDONED)]
    parts += [Part(4, approach=2, state=RIGHT), Part(5, approach=3, state=ABANDONED)]
    assert approaches(parts) == (3, 2)
    assert approaches([]) == (0, 0)


def test_noted_parts_go_before_words():
    trace = Trace(id="t", problem_id="p", reasoning="Wait.\n\nGo.", answer="3")
    kinds = [part.kind for part in labelled(trace, Cutting(by="paragraphs"))[0]]
    assert kinds == ["check", "progress"]
    trace.params = {"parts": [{"end": 10, "kind": "summary"}]}
    parts, texts = labelled(trace, Cutting(by="paragraphs"))
    assert [part.kind for part in parts] == ["summary"]
    assert texts == ["Wait.\n\nGo."]
