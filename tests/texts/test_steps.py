"""Where the steps of a text and of a trace begin and end."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limbeck.errors import LimbeckError
from limbeck.records import Trace
from limbeck.texts.natural_program import statements
from limbeck.texts.steps import Cutting, ends, segment, steps_of

KINDS = ("auto", "lines", "paragraphs", "sentences", "numbered")
PROGRAM = "#1. Ann has 3 cards.\n#2. Bob has 4 more cards than Ann.\n\nStep by step:\n#3. (by #1 #2) So 7.\n"


def parts(text: str, by: str) -> list[str]:
    return [text[start:end] for start, end in segment(text, by)]


@pytest.mark.parametrize(
    ("by", "text", "steps"),
    [
        ("lines", "a\n b\n\nc", ["a\n ", "b\n\n", "c"]),
        ("paragraphs", "a\nb\n\nc", ["a\nb\n\n", "c"]),
        ("sentences", "It is 4. So, 5! 3.14 stays.", ["It is 4. ", "So, 5! ", "3.14 stays."]),
        ("sentences", "有三个。“对吗？！” 是的。", ["有三个。", "“对吗？！” ", "是的。"]),
        ("numbered", "First:\n1. a\n2) b\nStep 3: c", ["First:\n", "1. a\n", "2) b\n", "Step 3: c"]),
        ("auto", "1. a\n\n2. b", ["1. a\n\n", "2. b"]),
        ("auto", "a\nb", ["a\n", "b"]),
        ("auto", "It is. And so on.", ["It is. ", "And so on."]),
        ("auto", "one", ["one"]),
    ],
)
def test_steps_end_where_their_kind_says(by, text, steps):
    assert parts(text, by) == steps


@given(st.text(alphabet="aB1 .!?\n#)", max_size=30), st.sampled_from(KINDS))
def test_steps_lie_end_to_end_and_none_is_empty(text, by):
    assert "".join(parts(text, by)) == (text if text.strip() else "")
    assert all(part for part in parts(text, by))
    assert ends(text, Cutting(by)) == [*itertools.accumulate(map(len, parts(text, by)))]


def test_a_separator_begins_a_step():
    assert ends(";a;b", Cutting("auto", ";")) == [2, 4]
    assert ends("a;b", Cutting("auto", ";")) == [1, 3]
    assert ends("", Cutting("auto", ";")) == []


def test_the_steps_of_a_trace_lie_in_its_exact_text():
    trace = Trace(id="x", problem_id="p", reasoning="one\n\ntwo", answer="\n\n3", format="think")
    text, cuts = steps_of(trace, Cutting("paragraphs"))
    assert text == "<think>one\n\ntwo</think>\n\n3"
    assert [text[:end] for end in cuts] == ["<think>one\n\n", text]
    answer = Trace(id="x", problem_id="p", answer="one\ntwo")
    assert steps_of(answer, Cutting("lines")) == ("one\ntwo", [4, 7])
    assert steps_of(Trace(id="x", problem_id="p"), Cutting("lines")) == ("", [])


def test_unknown_kinds_and_broken_expressions_are_named():
    with pytest.raises(LimbeckError, match="did you mean 'lines'"):
        segment("a", "lnes")  # type: ignore[arg-type]
    with pytest.raises(LimbeckError, match="separator='\\(' is no regular expression"):
        ends("a", Cutting("auto", "("))


def test_a_natural_program_has_a_step_for_each_statement():
    assert len(segment(PROGRAM, "numbered")) == len(statements(PROGRAM))
