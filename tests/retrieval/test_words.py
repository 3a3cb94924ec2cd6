"""BM25 by hand."""

from __future__ import annotations

import random
from math import log

import pytest

from limbeck.retrieval.reading import english, singular, words_of
from limbeck.retrieval.words import K1, B, Passages, WordIndex
from limbeck.texts.passages import texts_of


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


def plainly(texts, query, hits):
    """BM25 as the formula says, passage by passage."""
    listed = [words_of(text) for text in texts]
    mean = sum(map(len, listed)) / len(listed)
    scores = []
    for mine in listed:
        score = 0.0
        for word in set(words_of(query)) & set(mine):
            holding = sum(word in other for other in listed)
            damp = K1 * (1 - B + B * len(mine) / mean)
            idf = log(1 + (len(listed) - holding + 0.5) / (holding + 0.5))
            score += idf * mine.count(word) * (K1 + 1) / (mine.count(word) + damp)
        scores.append(score)
    best = sorted((place for place in range(len(texts)) if scores[place]), key=lambda place: -scores[place])
    return [(place, pytest.approx(scores[place], rel=1e-5)) for place in best[:hits]]


@pytest.mark.parametrize("hits", [1, 3, 500])
def test_leaving_passages_out_early_changes_no_result(hits):
    """Words as rare as in a language, queries of common and rare ones."""
    draws = random.Random(5)
    vocabulary = [f"w{rank}" for rank in range(200)]
    weights = [1 / (rank + 1) for rank in range(200)]
    texts = [" ".join(draws.choices(vocabulary, weights, k=draws.randint(3, 60))) for _ in range(300)]
    index = WordIndex.of(texts)
    for _ in range(60):
        query = " ".join(draws.choices(vocabulary, weights, k=draws.randint(1, 8)))
        assert [score for _, score in index.search(query, hits)] == [
            score for _, score in plainly(texts, query, hits)
        ]


def test_digits_are_words_and_a_query_may_come_twice():
    index = WordIndex.of(["room 24 is open", "room 42 is open", ""])
    assert index.search("24", 9) == index.search("24", 9)
    assert [place for place, _ in index.search("which room is 42?", 9)] == [1, 0]


@pytest.mark.parametrize(
    ("plural", "word"),
    [
        ("cities", "city"),
        ("horses", "horse"),
        ("cats", "cat"),
        ("bus", "bus"),
        ("grass", "grass"),
        ("shoes", "shoes"),
        ("is", "is"),
        ("boxes", "boxe"),
        ("42", "42"),
    ],
)
def test_plurals_by_harmans_three_rules(plural, word):
    assert singular(plural) == word


def test_an_english_question_is_looked_up_by_what_it_is_about():
    assert english("Would the cats of 42 cities eat it?") == ["cat", "42", "city", "eat"]
    texts = ["Would it have been the one?", "A cat eats."]
    assert [place for place, _ in WordIndex.of(texts, "english").search("Would the cats eat?", 5)] == [1]
