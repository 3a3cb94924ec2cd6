"""Retrieval measured by hand: characters of a page, ranks of right passages."""

from __future__ import annotations

from math import log2

import pytest

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.parameters import ready
from limbeck.records import Data, Problem

PAGE = "red house, big. red door, shut. old man at home."
CUT = [(0, 15), (16, 31), (32, 48)]


@pytest.fixture
def index(tmp_path):
    cut = [
        Problem(id=f"c{at}", question=PAGE[start:end], meta={"document": "d", "start": start, "end": end})
        for at, (start, end) in enumerate(CUT)
    ]
    return ready("knowledge/word_index")([Data(cut)], ctx=Context(tmp_path / "index"))


def measured(index, tmp_path, *problems, **settings):
    measure = ready("evaluation/retrieval", index=[index], **settings)
    return measure(Data(list(problems)), ctx=Context(tmp_path))


def test_characters_of_what_answers(index, tmp_path):
    """``red`` finds both passages of it, the first before the second; the answer is in the second and the
    third."""
    spans = [{"document": "d", "start": 20, "end": 35}]
    question = Problem(id="q", question="red?", meta={"references": spans})
    told = measured(index, tmp_path, question, k=2)
    # Retrieved: 0-15 and 16-31, of which 20-31 answers: 11 of 30 characters, 11 of 15 wanted.
    assert told.data.traces[0].scores == {
        "precision": 11 / 30,
        "recall": 11 / 15,
        "iou": 11 / 34,
        # Whoever takes the second and third passages reads 31 characters, 11 + 3 of which answer.
        "omega": 14 / 31,
    }
    assert {row.metric for row in told.results} == {f"score@{name}" for name in told.data.traces[0].scores}
    assert told.results[0].model == "words"


def test_ranks_of_right_passages_with_grades(index, tmp_path):
    graded = Problem(id="q", question="red door?", meta={"gold": {"c0": 1, "c2": 2}})
    scores = measured(index, tmp_path, graded, k=2).data.traces[0].scores
    # c1 before c0: the only right one comes second; ideal are c2, then c0.
    ideal = 3 / log2(2) + 1 / log2(3)
    assert scores == {"recall": 0.5, "ndcg": pytest.approx(1 / log2(3) / ideal), "reciprocal_rank": 0.5}
    plain = Problem(id="q", question="old", meta={"gold": ["c2"]})
    assert measured(index, tmp_path, plain).data.traces[0].scores == {
        "recall": 1.0,
        "ndcg": 1.0,
        "reciprocal_rank": 1.0,
    }


def test_what_was_set_before_a_question_is_not_looked_up(index, tmp_path):
    problem = Problem(id="q", question="red house\n\nold", meta={"gold": ["c2"], "asked": "old"})
    assert measured(index, tmp_path, problem, k=1).data.traces[0].scores["recall"]


def test_questions_without_an_answer_are_left_out_and_all_of_them_an_error(index, tmp_path):
    known = Problem(id="q", question="old", meta={"gold": ["c2"]})
    assert len(measured(index, tmp_path, known, Problem(id="r", question="x")).data.traces) == 1
    with pytest.raises(LimbeckError, match=r"no question has meta\['references'\] or meta\['gold'\]"):
        measured(index, tmp_path, Problem(id="r", question="x"))
    with pytest.raises(LimbeckError, match="problem q: no passage of the index has the id 'c9'"):
        measured(index, tmp_path, Problem(id="q", question="x", meta={"gold": ["c9"]}))
