"""Indexes written, opened and asked; passages set before questions."""

from __future__ import annotations

import numpy as np
import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.pipeline.registry import method
from limbeck.records import Data, Problem, Trace
from limbeck.retrieval import stored

TEXTS = ["tik opens room 24", "pat opens room 42", "lun has no room", "nobody knows"]


def passages_of(texts):
    return [
        Problem(id=f"p{at}", question=text, meta={"document": "d", "start": 100 * at, "end": 100 * at + 9})
        for at, text in enumerate(texts)
    ]


@pytest.fixture
def words(tmp_path):
    shards = [Data(passages_of(TEXTS)[:2]), Data(passages_of(TEXTS)[2:])]
    return ready("knowledge/word_index")(shards, ctx=Context(tmp_path / "words"))


@pytest.fixture
def letters(tmp_path):
    shards = [Data(passages_of(TEXTS))]
    return ready("knowledge/vector_index", vectors="letters")(shards, ctx=Context(tmp_path / "letters"))


def planned(key, **settings):
    method(key).load().precheck(settings)


def looked_up(index, question, tmp_path, **settings):
    data = Data([Problem(id="q", question=question)])
    made = ready("knowledge/passages", index=index, **settings)(data, ctx=Context(tmp_path))
    return made.problems[0].meta["passages"]


def test_a_question_gets_its_passages_with_where_they_are_from(words, tmp_path):
    told = looked_up([words], "Who opens room 42?", tmp_path, k=2)
    assert [each["id"] for each in told] == ["p1", "p0"]
    assert told[0] | {"score": 0} == {
        "id": "p1",
        "text": TEXTS[1],
        "document": "d",
        "start": 100,
        "end": 109,
        "score": 0,
    }
    assert told[0]["score"] > told[1]["score"] > 0
    assert looked_up([words], "xyz", tmp_path) == []


def test_vectors_find_what_is_spelt_alike(letters, tmp_path):
    assert looked_up([letters], "pats opening of rooms 42", tmp_path, k=1)[0]["id"] == "p1"


def test_ranks_are_fused_by_their_reciprocals(words, letters, tmp_path):
    """By hand: first and second of one, second and first of the other, come to the same; the first wins."""
    assert stored.fused([[(7, 9.0), (3, 8.0)], [(3, 0.2), (7, 0.1)], [(5, 1.0)]], 3) == [
        (3, pytest.approx(1 / 61 + 1 / 62)),
        (7, pytest.approx(1 / 61 + 1 / 62)),
        (5, pytest.approx(1 / 61)),
    ]
    assert looked_up([words, letters], "Who opens room 42?", tmp_path, k=1)[0]["id"] == "p1"


def test_every_vector_is_compared(tmp_path):
    shards = [Data(passages_of([f"text {at % 7} {at % 11} {at}" for at in range(200)]))]
    index = stored.open_index(
        ready("knowledge/vector_index", vectors="letters")(shards, ctx=Context(tmp_path))
    )
    values_ND = index.searched.values_ND
    asked_D = values_ND[17]
    order = np.argsort(-(values_ND @ asked_D), kind="stable")[:9].tolist()
    assert [place for place, _ in index.searched.search_all(["text 3 6 17"], 9)[0]] == order


def test_a_rationale_names_what_a_question_does_not(words, tmp_path):
    problem = Problem(id="q", question="Where is the mouse?")
    traces = [
        Trace(id="t0", problem_id="q", answer="room 24", marks=["wrong"]),
        Trace(id="t1", problem_id="q", reasoning="It is in room 42.", answer="42"),
    ]
    look = ready("knowledge/passages", index=[words], query="rationale", k=1)
    made = look(Data([problem], traces), ctx=Context(tmp_path))
    assert made.problems[0].meta["passages"][0]["id"] == "p1"


def test_a_problem_is_no_example_of_itself(words, tmp_path):
    data = Data(passages_of(TEXTS)[:1])
    made = ready("knowledge/passages", index=[words], k=1, others=True)(data, ctx=Context(tmp_path))
    assert made.problems[0].meta["passages"][0]["id"] == "p1"


def test_shown_passages_stand_before_the_question_which_stays_the_same_problem():
    told = [{"text": "a {question}"}, {"text": "b", "document": "d"}]
    problem = Problem(id="q", question="Why {passages}?", answer="4", meta={"passages": told})
    shown = ready("knowledge/shown", each="[{number}] {text}")(Data([problem])).problems[0]
    assert (shown.id, shown.answer) == ("q", "4")
    assert shown.question == "[1] a {question}\n[2] b\n\nWhy {passages}?"
    fewer = ready("knowledge/shown", most=1, template="{question} ({passages})")(Data([shown])).problems[0]
    assert fewer.question == "Why {passages}? (a {question})"
    assert ready("knowledge/shown")(Data([Problem(id="r", question="Bare?")])).problems[0].question == "Bare?"


def test_what_is_no_index_of_these_passages_is_named(words, letters, tmp_path):
    other = ready("knowledge/word_index")([Data(passages_of(TEXTS[:3]))], ctx=Context(tmp_path / "other"))
    with pytest.raises(LimbeckError, match="are indexes of different passages"):
        looked_up([words, other], "x", tmp_path)
    with pytest.raises(LimbeckError, match="is no index of passages; make one by knowledge/word_index"):
        looked_up([str(tmp_path)], "x", tmp_path)
    with pytest.raises(LimbeckError, match="two passages have the id 'p0'"):
        ready("knowledge/word_index")([Data(passages_of(["a"]) * 2)], ctx=Context(tmp_path / "twice"))
    with pytest.raises(LimbeckError, match="no passage without a mark"):
        ready("knowledge/word_index")([Data()], ctx=Context(tmp_path / "none"))
    with pytest.raises(LimbeckError, match="vectors='lettres' is neither letters nor static"):
        planned("knowledge/vector_index", vectors="lettres")
    with pytest.raises(LimbeckError, match=r"each='x' has no {text}"):
        planned("knowledge/shown", template="", each="x")
    with pytest.raises(LimbeckError, match=r"has no {passages}"):
        planned("knowledge/shown", template="{question}", each="{text}")


def test_documents_are_cut_by_words_and_every_piece_is_where_it_says():
    text = "one two  three\nfour five"
    document = Problem(id="d", question=text)
    cut = ready("knowledge/chunks", size=2)(Data([document])).problems
    assert [each.question for each in cut] == ["one two", "three\nfour", "five"]
    for each in cut:
        assert text[each.meta["start"] : each.meta["end"]] == each.question
        assert each.meta["document"] == "d"
    lapped = ready("knowledge/chunks", size=3, overlap=1)(Data([document])).problems
    assert [each.question for each in lapped] == ["one two  three", "three\nfour five"]
    letters = ready("knowledge/chunks", size=10, unit="characters")(Data([document])).problems
    assert "".join(each.question for each in letters) == text
    assert ready("knowledge/chunks")(Data([Problem(id="e", question="")])).problems == []
    with pytest.raises(LimbeckError, match="overlap=5 is no less than size=5"):
        planned("knowledge/chunks", size=5, overlap=5)
