"""What counts as sub-questions, and how a question is put with them."""

from __future__ import annotations

import pytest

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.texts.subquestions import Dividing, Solving


@pytest.mark.parametrize(
    ("reply", "parts"),
    [
        ("1. How many has Ann?\n2) How many is #1 + 2?\n", "1. How many has Ann?\n2) How many is #1 + 2?"),
        ("<think>hm, 1. or 2.?</think>\n- Who wrote it?\n\n* Where?", "- Who wrote it?\n* Where?"),
        ("None.", ""),
        ("none", ""),
        ("", None),
        ("Here they are:\n1. How many has Ann?", None),
        ("1. Ann has 2.", None),
        ("<think>1. How many?", None),
        ("none\n1. How many?", None),
        ("How many?\n" * 21, None),
        ("How many?\n" * 20, "\n".join(["How many?"] * 20)),
    ],
)
def test_sub_questions_are_lines_of_one_form_and_nothing_beside_them(reply, parts):
    assert Dividing().read(reply) == parts


def test_a_reply_that_was_cut_off_is_in_no_form():
    assert Dividing().read_completion(Completion(text="1. How?\n2. Why?", finish="length")) is None
    assert Dividing().read_completion(Completion(text="1. How?\n2. Why?")) == "1. How?\n2. Why?"


def test_a_question_is_put_with_its_parts_or_as_it_is():
    solving = Solving(solve="{question} / {subquestions}", direct="just {question}")
    assert solving.put("Q {subquestions}", "1. How?") == "Q {subquestions} / 1. How?"
    assert solving.put("Q", "") == "just Q"
    assert "1. How?" in Solving().put("Q", "1. How?")
    assert Solving().put("Q", "") == "Q"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (Dividing(ask="Divide it."), "question"),
        (Dividing(line="(["), r"line='\(\['"),
        (Dividing(none=" "), "none=' '"),
        (Solving(solve="{question}"), "subquestions"),
        (Solving(direct="Go."), "question"),
    ],
)
def test_settings_that_could_not_work_are_refused_by_name(settings, told):
    with pytest.raises(LimbeckError, match=told):
        settings.check("here")
