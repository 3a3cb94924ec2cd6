"""Words that betray how a writer thinks, counted by hand."""

from __future__ import annotations

import math

import pytest

from limbeck.errors import LimbeckError
from limbeck.texts.behaviours import LEXICONS, contrasts, counted, phrases_of, places, rate, word_count


def test_phrases_are_counted_whole_and_whatever_their_case():
    text = "Wait, WAIT. Maybe not; the waiter waited. Hold\non, maybe."
    assert counted(text, phrases_of("doubt")) == {"wait": 2, "maybe": 2, "hold on": 1}
    assert word_count(text) == 10
    assert rate(text, phrases_of("doubt")) == pytest.approx(1000 * 5 / 10)


def test_the_longer_of_two_phrases_at_one_place_counts_and_signs_need_no_edge():
    assert counted("let me check; let me", ("let me", "let me check")) == {"let me check": 1, "let me": 1}
    assert counted("3+4=7!4+3=7!", ("!",)) == {"!": 2}
    assert counted("That’s not right.", ("that's not right",)) == {"that's not right": 1}


def test_places_are_shares_of_the_text():
    assert places("wait 1234 wait", ("wait",)) == [0, 10 / 14]


def test_a_text_without_words_has_no_rate():
    assert rate("!?", ("wait",)) is None
    assert rate("3", ("wait",)) == 0


def test_an_unknown_list_names_the_nearest():
    with pytest.raises(LimbeckError, match="did you mean 'doubt'"):
        phrases_of("dout")
    with pytest.raises(LimbeckError, match="empty phrase"):
        phrases_of("mine", ("wait", " "))
    assert phrases_of("mine", ("well",)) == ("well",)
    assert all(phrase == phrase.casefold() for phrases in LEXICONS.values() for phrase in phrases)


def test_planted_ratios_of_words_come_back_exactly():
    # 20 words each: "wait" 4 against 1, "so" 2 against 8, "rare" only in the first.
    first = ["wait so x x x x x x x x"] * 2 + ["wait wait rare"] + ["x " * 6 + "x"]
    second = ["so so so so so so so so wait x x x x x x x x x x x"]
    told = {each.word: each for each in contrasts(first, second, least=1)}
    sizes = 30, 20
    assert told["wait"].first == pytest.approx(1000 * 4 / sizes[0])
    assert told["wait"].log_ratio == pytest.approx(math.log2((4 / 30) / (1 / 20)))
    assert told["so"].log_ratio == pytest.approx(math.log2((2 / 30) / (8 / 20)))
    assert told["rare"].log_ratio == pytest.approx(math.log2((1 / 30) / (0.5 / 20)))
    order = [each.word for each in contrasts(first, second, least=5)]
    assert order == ["x", "wait", "so"] or order.index("wait") < order.index("so")
    assert "rare" not in order
