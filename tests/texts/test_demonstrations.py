"""Worked examples spoiled, each in its way, the question never."""

from __future__ import annotations

import re

import pytest

from limbeck.errors import LimbeckError
from limbeck.texts.demonstrations import spoiled

CHAT = [
    {"role": "system", "content": "Add 1 by 1."},
    {"role": "user", "content": "1+2+40"},
    {"role": "assistant", "content": "1+2=3\n3+40=43\n;43"},
    {"role": "user", "content": "5+4"},
    {"role": "assistant", "content": "5+4=9\n;9"},
    {"role": "user", "content": "7+8"},
]


def texts(chat, role="assistant"):
    return [turn["content"] for turn in chat if turn["role"] == role]


def test_operands_are_other_numbers_of_as_many_digits():
    (long, short) = texts(spoiled(CHAT, "operands"))
    assert re.sub(r"\d", "#", long) == "#+#=#\n#+##=##\n;##"
    assert long != CHAT[2]["content"]
    assert re.sub(r"\d", "#", short) == "#+#=#\n;#"
    assert spoiled(CHAT, "operands") == spoiled(CHAT, "operands"), "by the text alone"


def test_steps_are_shuffled_and_none_is_lost():
    (long, short) = texts(spoiled(CHAT, "shuffled"))
    assert long != CHAT[2]["content"]
    assert sorted(re.findall(r"[\d+=]+", long)) == sorted(["1+2=3", "3+40=43", "43"])
    assert short == "9\n;5+4=9", "two steps have one other order"


def test_examples_swap_answers_or_go():
    assert texts(spoiled(CHAT, "swapped")) == [CHAT[4]["content"], CHAT[2]["content"]]
    assert spoiled(CHAT, "dropped") == [CHAT[0], CHAT[5]]


@pytest.mark.parametrize("how", ["operands", "shuffled", "swapped", "dropped", ""])
def test_questions_and_what_was_begun_stay(how):
    begun = [*CHAT, {"role": "assistant", "content": "7+8=1"}]
    made = spoiled(begun, how)
    assert made[-2:] == begun[-2:]
    if how != "dropped":
        assert texts(made, "user") == texts(begun, "user")
    assert spoiled(CHAT[-1:], how) == CHAT[-1:]
    assert spoiled(CHAT, "") == CHAT


def test_an_unknown_way_is_told_the_nearest():
    with pytest.raises(LimbeckError, match="did you mean 'shuffled'"):
        spoiled(CHAT, "shufled")
