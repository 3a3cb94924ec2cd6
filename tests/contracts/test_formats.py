"""What every format keeps: a text comes back from its parts, and its parts from a text."""

from __future__ import annotations

import pytest
from contract_cases import entries
from hypothesis import given, settings
from hypothesis import strategies as st

from limbeck.texts.tags import KINDS
from limbeck.texts.traces import format_named, split_text, told_format

FORMATS = entries("formats")
MARKERS = [
    *sorted({piece for tags in KINDS.values() for piece in tags if piece}),
    "<|end|><|start|>assistant",
    "<|channel|>final",
    "<|message|>",
    "<|return|>",
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "\\boxed{3}",
    "####",
    "Answer:",
    "```",
    "\x00",
    "🜛",
    "٣",
]
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(MARKERS) | st.text(max_size=8)).map("".join))


@pytest.mark.parametrize("entry", FORMATS)
@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
def test_a_text_comes_back_from_its_reasoning_and_answer(entry, text):
    form = entry.load()
    reasoning, answer = form.parse(text)
    assert form.render(reasoning, answer) == text


@pytest.mark.parametrize("entry", FORMATS)
@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
def test_reasoning_and_answer_come_back_from_their_text(entry, text):
    form = entry.load()
    parts = form.parse(text)
    assert form.parse(form.render(*parts)) == parts


@pytest.mark.parametrize("entry", FORMATS)
def test_what_a_model_writes_is_told_apart_by_the_formats_name(entry):
    """A format under its name is the one that traces are read with."""
    form = entry.load()
    written = form.render("first this, then that", "42")
    assert "42" in form.parse(written)[1]
    assert split_text(written, entry.name) == form.parse(written)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_tags_has_a_format_and_is_told_by_its_own_text(name):
    form = format_named(name)
    text = form.render("first this, then that", "42")
    assert form.parse(text) == ("first this, then that", "42")
    assert told_format(text) == name
