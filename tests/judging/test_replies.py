"""What counts as a verdict in what a judge replies, and how a text is fenced."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge_cases import READER

from limbeck.generation import Completion
from limbeck.judging.replies import among, fence, probability


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ('{"correct": true}', True),
        ('I checked.\n```json\n{"code": "ab", "correct": false}\n```', False),
        ('{"correct": false, "reason": "line 2 is off"}', False),
        ("All fine.\n**Verdict: correct.**", True),
        ("Final answer: No", None),
        ("The statement is refuted.\nfalse", None),
        ("so the solution is not correct", False),
        ("The solution is incorrect.", False),
        ('<think>{"correct": true}</think>{"correct": false}', False),
        ("It claims to be right, but", None),
        ('{"correct": true} is what it says, and I cannot tell', None),
        ('<think>{"correct": true}', None),
        ('{"correct": "perhaps"}', None),
        ("", None),
    ],
)
def test_a_verdict_is_what_a_reply_ends_with(text, verdict):
    assert READER.read(Completion(text=text)).verdict is verdict


def test_what_was_cut_off_or_failed_is_no_verdict():
    assert READER.read(Completion(text='{"correct": true}', finish="length")).why == "cut off"
    assert READER.read(Completion(text="", finish="error", error="HTTP 500")).why == "HTTP 500"


@given(st.text(max_size=60), st.booleans())
def test_talk_in_front_changes_no_verdict(talk, right):
    said = READER.read(Completion(text=f'{talk.replace("think>", "")}\n{{"correct": {str(right).lower()}}}'))
    assert said.verdict is right
    assert said.before.endswith('"correct":')


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_fence_stands_in_none_of_the_texts(one, other):
    assert fence(one, other) not in f"{one}\0{other}"
    assert fence(one, other) == fence(one, other)


@given(st.floats(-800, 0), st.floats(-800, 0))
def test_a_probability_and_its_complement(one, other):
    assert probability(one, other) + probability(other, one) == pytest.approx(1)
    assert probability(one, other) >= 0.5 or one < other


def test_alternatives_are_those_of_the_token_that_begins_the_word():
    odds = {"tr": math.log(0.3), "fal": math.log(0.1), "t": math.log(0.2), "x": -0.1, "": -0.2}
    tops = [("true: ", {"false": 0.0}), ("tr", odds), ("ue", {"ue": 0.0}), ("</s>", {})]
    assert among(tops, "true: true", 6, "true", "false") == pytest.approx(0.5 / 0.6)
    assert among(tops, "true: true", 0, "true", "false") == 0.0
    assert among(tops, "another text", 3, "true", "false") is None
    assert among([("true", {"x": -1.0})], "true", 0, "true", "false") is None
    assert among([], "true", 0, "true", "false") is None
