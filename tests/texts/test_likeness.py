"""texts/likeness: the nearest text by shared words, rare ones first."""

from __future__ import annotations

import pytest

from limbeck.texts.likeness import Likeness

TEXTS = ["How many apples are left?", "How many pears are left?", "How fast does the train go?", "Prove it."]


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("How many PEARS, are eaten?", 1),
        ("The train: how many wagons?", 2),  # two rare words outweigh two that most texts have
        ("How many are left?", 0),  # as near to both, the first
        ("xyz", 0),  # nothing shared
        ("it", 3),
    ],
)
def test_the_nearest_shares_what_is_rare(text, nearest):
    assert Likeness(TEXTS).nearest(text) == nearest


def test_a_long_text_is_not_near_to_everything():
    assert Likeness(["apples and pears and plums and figs and nuts", "apples and figs"]).nearest("figs") == 1


def test_no_texts_is_an_error():
    with pytest.raises(ValueError, match="no texts"):
        Likeness([]).nearest("x")
