"""Which questions are the same one."""

from __future__ import annotations

import hashlib

import pytest

from limbeck.texts.questions import normalise, problem_id


@pytest.mark.parametrize(
    ("one_way", "other_way"),
    [
        ("３２＋１", "32+1"),
        ("“so” – it’s", '"so" - it\'s'),
        ("a\u00a0b\u2009c\u3000d", "a b c d"),
        ("thir\u00adty\u200b two\ufeff", "thirty two"),
        ("cafe\u0301", "caf\u00e9"),
        ("3 − 2", "3 - 2"),
        ("ﬁnd", "find"),
    ],
)
def test_spellings_of_the_same_are_the_same(one_way, other_way):
    assert normalise(one_way) == normalise(other_way) == other_way


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("3²", "32"),
        ("x₂", "x2"),
        ("½", "1⁄2"),
        ("1½", "11⁄2"),
        ("𝐱", "x"),
        ("①", "1"),
        ("Ⅳ", "IV"),
        ("x", "X"),
    ],
)
def test_what_mathematics_tells_apart_stays_apart(left, right):
    assert problem_id(f"What is {left}?") != problem_id(f"What is {right}?")


def test_an_id_is_the_digest_of_the_text_as_it_stands():
    assert problem_id(" Add 1  and 1.\n") == hashlib.sha256(b"Add 1 and 1.").hexdigest()[:16]
