"""Filters against flaws that are known, and how alike a set's questions are: numbers worked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace

flagged = flat("evaluation/flagged")
self_similarity = flat("evaluation/self_similarity")
CONTEXT = Context(Path("."))


def traces(*rows: tuple[str, bool]) -> Data:
    """Traces by flaw and whether a filter marked them."""
    return Data(
        [Problem(id="p", question="q", source="s", split="train")],
        [
            Trace(id=f"p#{at}", problem_id="p", params={"flaw": flaw}, marks=["low"] * marked)
            for at, (flaw, marked) in enumerate(rows)
        ],
    )


def test_precision_recall_and_f1_are_of_the_traces_without_a_flaw():
    data = traces(("", False), ("", False), ("", True), ("loop", False), ("loop", True), ("slip", True))
    results = flagged(data, name="gate", ctx=CONTEXT)
    values = {row.metric: row.value for row in results.results}
    assert values == {
        "precision": 2 / 3, "recall": 2 / 3, "kept": 0.5, "base": 0.5, "f1": pytest.approx(2 / 3),
        "caught/loop": 0.5, "caught/slip": 1.0,
    }  # fmt: skip
    # For claims: the traces' mean is the number.
    for metric in ("f1", "precision", "recall", "caught/loop"):
        scores = [trace.scores[metric] for trace in results.data.traces]
        assert sum(scores) / 6 == pytest.approx(values[metric])
    assert [trace.outcome for trace in results.data.traces] == [
        "correct", "correct", "wrong", "wrong", "correct", "correct",
    ]  # fmt: skip
    assert data.traces[0].verdicts == []


def test_a_filter_that_leaves_nothing_has_an_f1_of_nothing():
    results = flagged(traces(("", True), ("loop", True)), ctx=CONTEXT)
    values = {row.metric: row.value for row in results.results}
    assert (values["f1"], values["recall"]) == (0.0, 0.0)
    assert "precision" not in values
    assert {trace.scores["f1"] for trace in results.data.traces} == {0.0}


def test_traces_must_say_their_flaw():
    with pytest.raises(LimbeckError, match="no trace says params\\['flow'\\], a text; did you mean 'flaw'"):
        flagged(traces(("", True)), flaw="flow", ctx=CONTEXT)


def asked(*questions: str) -> Data:
    return Data([Problem(id=f"p{at}", question=text, source="s") for at, text in enumerate(questions)])


def test_likeness_is_one_for_one_question_said_twice_and_nothing_for_others():
    alike = self_similarity(asked("abc abc", "ABC  abc"), pairs=5, ctx=CONTEXT)
    assert alike.results[0].value == pytest.approx(1.0)
    assert self_similarity(asked("aaaa", "zzzz"), pairs=5, ctx=CONTEXT).results[0].value == 0.0
    # Of three questions two are the same: a pair of them is drawn one time in three.
    mixed = self_similarity(asked("aaaa", "aaaa", "zzzz"), pairs=3000, ctx=CONTEXT)
    assert mixed.results[0].value == pytest.approx(1 / 3, abs=0.05)
    assert len(mixed.data.traces) == 3000
    scores = [trace.scores["self_similarity"] for trace in mixed.data.traces]
    assert sum(scores) / 3000 == pytest.approx(mixed.results[0].value)


def test_marked_questions_do_not_count_and_one_is_no_pair():
    data = asked("aaaa", "zzzz")
    data.problems[0].marks = ["seen"]
    with pytest.raises(LimbeckError, match="1 questions, pairs=2000: two questions make a pair"):
        self_similarity(data, ctx=CONTEXT)
