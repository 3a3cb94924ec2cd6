"""Formats: what is parsed is rendered again, to the character, whatever a model wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limbeck.formats.prose import lines, plain, think

PIECES = st.lists(
    st.sampled_from(["<think>", "</think>", "\n", "a", ";", "!", "1", "<", "think>", "é", " "]), max_size=9
)
TEXT = st.one_of(st.text(), PIECES.map("".join))


@pytest.mark.parametrize("form", [lines, plain, think])
@given(text=TEXT)
def test_rendering_gives_back_what_was_parsed(form, text):
    assert form.render(*form.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("<think>\nhm\n</think>\n\n4", "\nhm\n", "\n\n4"),
        ("hm</think>4", "hm</think>", "4"),
        ("<think>never ends", "<think>never ends", ""),
        ("<think>no answer</think>", "<think>no answer</think>", ""),
        ("<think></think>4", "<think></think>", "4"),
        ("<think>a</think>b</think>c", "a", "b</think>c"),
        ("", "", ""),
    ],
)
def test_thoughts_end_at_the_first_closing_tag(text, reasoning, answer):
    assert think.parse(text) == (reasoning, answer)
    assert think.render(reasoning, answer) == text


def test_an_answer_alone_gets_no_tags():
    assert think.render("", "4") == "4"


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [(";8-0+3!1", ";8-0+3!", "1"), ("!1;", "!1;", ""), ("12", "", "12"), (";1\n2", ";", "1\n2")],
)
def test_a_line_worlds_answer_follows_its_last_mark(text, reasoning, answer):
    assert lines.parse(text) == (reasoning, answer)


def test_plain_text_is_all_answer():
    assert plain.parse("so 4") == ("", "so 4")
    assert plain.render("so ", "4") == "so 4"
