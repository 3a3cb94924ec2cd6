"""BM25 by hand."""

from __future__ import annotations

from math import log

import pytest

from limbeck.texts.passages import Passages, texts_of


def test_scores_are_those_of_the_formula():
    """``tik`` is in one of three texts, ``number`` in two; the mean length is 2."""
    index = Passages(["tik number", "number number pat", "lun"])
    # "tik number": both words once at the mean length, 2.5 / 2.5 each; the second has tf 2 and length 3.
    rare, common = log(1 + 2.5 / 1.5), log(1 + 1.5 / 2.5)
    first = rare * 2.5 / 2.5 + common * 2.5 / 2.5
    second = common * 2 * 2.5 / (2 + 1.5 * (0.25 + 0.75 * 1.5))
    assert first > second > 0
    assert index.search("Tik number?", 5) == ["tik number", "number number pat"]
    assert index.search("number", 1) == ["number number pat"], f"{second:.3f} is above {common:.3f}"
    assert second > common
    assert index.search("nobody", 3) == []
    assert Passages([]).search("x", 3) == []


def test_passages_are_texts_or_have_one():
    assert texts_of(["a", {"title": "T", "text": "b"}, {"contents": "c"}], "here") == ["a", "T: b", "c"]
    with pytest.raises(ValueError, match="passage 1"):
        texts_of(["a", 3], "here")
    with pytest.raises(ValueError, match="no list"):
        texts_of("abc", "here")


QUESTIONS = [
    "How many apples are left?",
    "How many pears are left?",
    "How fast does the train go?",
    "Prove it.",
    "还剩多少个苹果",
]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("How many PEARS, are eaten?", [1]),
        ("The train: how many wagons?", [2]),  # two rare words outweigh two that most texts have
        ("How many are left?", [0]),  # as near to both, the first
        ("xyz", []),
        ("it", [3]),
        ("苹果", [4]),  # no blanks between words there
    ],
)
def test_the_nearest_shares_what_is_rare(text, places):
    assert Passages(QUESTIONS).places(text, 1) == places


def test_a_long_text_is_not_near_to_everything():
    texts = ["apples and pears and plums and figs and nuts", "apples and figs"]
    assert Passages(texts).places("figs", 1) == [1]
