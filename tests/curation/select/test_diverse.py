"""Traces that differ: similarity of trigrams by hand, and the farthest choice."""

from __future__ import annotations

import math

import pytest

from limbeck.curation.select.diverse import diverse
from limbeck.records import Data, Problem, Trace
from limbeck.texts.similarity import cosine, vector


def test_similarity_is_the_cosine_of_weighed_trigrams():
    # " ab", "ab " against " ab", "abb", "bb ": one of two and of three in common.
    assert cosine(vector("ab"), vector("abb")) == pytest.approx(1 / math.sqrt(6))
    assert cosine(vector("Ab  c"), vector("ab c")) == pytest.approx(1)
    assert cosine(vector("abc"), vector("xyz")) == 0
    assert vector("") == {}
    repeated = vector("aaaa")  # " aa", "aaa" twice, "aa "
    assert repeated["aaa"] / repeated[" aa"] == pytest.approx(1 + math.log(2))


def traces(*texts: str) -> Data:
    made = [
        Trace(id=f"t{at}", problem_id="p", answer=text, scores={"confidence": 0.5})
        for at, text in enumerate(texts)
    ]
    return Data([Problem(id="p", question="?")], made)


def marks(data: Data) -> list[list[str]]:
    return [trace.marks for trace in data.traces]


def test_the_surest_first_then_the_farthest():
    data = traces("add four and five", "add four and six", "subtract", "add four and five!")
    assert marks(diverse(data)) == [[], ["similar"], [], ["similar"]], (
        "the first of equals, and what differs most"
    )
    data.traces[1].scores["confidence"] = 0.9
    assert marks(diverse(data)) == [["similar"], [], [], ["similar"]]
    assert marks(diverse(data, n=3)).count(["similar"]) == 1
    assert marks(diverse(data, n=9)) == [[]] * 4


def test_marked_traces_are_neither_chosen_nor_marked_again():
    data = traces("one", "two", "three")
    data.traces[0].marks = ["off_label"]
    assert marks(diverse(data, n=1)) == [["off_label"], [], ["similar"]]
