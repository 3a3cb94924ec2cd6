"""Pseudo-labels of several teachers, worked out by hand, and how right they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from limbeck.curation.score.agreed import agreed
from limbeck.errors import LimbeckError
from limbeck.evaluation.instruments.pseudo_labels import pseudo_labels
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.verifiers.answers.exact import exact


def context(heard: list | None = None) -> Context:
    return Context(Path("."), report=heard.append if heard is not None else lambda event: None)


def data(answers: dict[str, list[str]], gold: str | None = "4", **scores: list[float]) -> Data:
    """One problem; by teacher what its samples answer and, where given, how sure each says it is."""
    traces = [
        Trace(
            id=f"{name}{at}", problem_id="p", answer=answer, model=name,
            scores={"stated": scores[name][at]} if name in scores else {},
        )
        for name, given in answers.items()
        for at, answer in enumerate(given)
    ]  # fmt: skip
    return Data([Problem(id="p", question="2+2", answer=gold)], traces)


def test_the_label_is_the_answer_with_the_highest_sum_of_confidences():
    # a: 1 on 5; b: 2/3 on 4, 1/3 on 5; c: 1 on 4 (5/3 for "4", 4/3 for "5").
    made = agreed(data({"a": ["5"], "b": ["4", "4.0", "5"], "c": ["4"]}, gold="7"), ctx=context())
    problem = made.problems[0]
    assert (problem.answer, problem.marks, problem.meta["gold"]) == ("4", [], "7")
    assert problem.meta["agreement"] == pytest.approx(5 / 9)
    assert {trace.id: trace.marks for trace in made.traces} == {
        "a0": ["off_label"], "b0": [], "b1": [], "b2": ["off_label"], "c0": [],
    }  # fmt: skip
    sure = [trace.scores["confidence"] for trace in made.traces]
    assert sure == pytest.approx([1, 2 / 3, 2 / 3, 1 / 3, 1])


def test_who_writes_more_counts_no_more():
    made = agreed(data({"a": ["5"] * 9, "b": ["4"], "c": ["4"]}), ctx=context())
    assert made.problems[0].answer == "4"


def test_a_teacher_unsure_of_the_label_is_marked():
    made = agreed(data({"a": ["4", "5", "6"], "b": ["4"], "c": ["4"]}), ctx=context())
    assert made.traces[0].marks == ["unsure"], "a third of its samples"
    kept = agreed(data({"a": ["4", "5", "6"], "b": ["4"], "c": ["4"]}), sure=0.3, ctx=context())
    assert kept.traces[0].marks == []


def test_stated_confidence_weighs_votes_and_who_states_none_has_none():
    votes = data({"a": ["5", "5"], "b": ["4"], "c": ["4"], "d": ["5"]}, a=[0.9, 0.7], b=[0.2], c=[0.3])
    made = agreed(votes, confidence="stated", teachers=1, sure=0.0, ctx=context())
    # 5: 0.8; 4: 0.5; d says nothing.
    assert (made.problems[0].answer, made.problems[0].meta["agreement"]) == ("5", pytest.approx(0.8 / 1.3))


@pytest.mark.parametrize(
    ("answers", "setting"),
    [
        ({"a": ["4"], "b": ["5"]}, {}),  # a tie
        ({"a": ["4"], "b": ["4", "5"], "c": ["6"]}, {"share": 0.6}),
        ({"a": ["4"] * 5}, {}),  # one teacher alone
        ({"a": [""], "b": [" "]}, {}),
        ({}, {}),
    ],
)
def test_teachers_that_do_not_agree_give_no_label(answers, setting):
    heard: list = []
    made = agreed(data(answers), ctx=context(heard), **setting)
    assert (made.problems[0].answer, made.problems[0].marks) == (None, ["no_agreement"])
    assert made.kept() == []
    assert "agree on 0 of 1 problems" in heard[0]["message"]


def test_marked_traces_do_not_vote_but_wrong_ones_do():
    votes = data({"a": ["5"], "b": ["4"], "c": ["4"]})
    votes.traces[1].marks = ["truncated"]
    votes.traces[2].marks = ["wrong"]
    made = agreed(votes, teachers=1, ctx=context())
    assert made.problems[0].marks == ["no_agreement"], "5 against 4"


def test_labels_are_measured_against_the_source():
    problems = [Problem(id=f"p{at}", question=str(at), answer="4", source="sums") for at in range(4)]
    problems[3].answer = None
    said = {"p0": "444", "p1": "455", "p2": "456", "p3": "444"}
    traces = [
        Trace(id=f"{name}{at}", problem_id=name, answer=answer, model="abc"[at])
        for name, answers in said.items()
        for at, answer in enumerate(answers)
    ]
    labelled = agreed(Data(problems, traces), ctx=context())
    measured = pseudo_labels(labelled, verifier=exact, ctx=context())
    rows = {row.metric: (row.value, row.n) for row in measured.results}
    # Right, wrong, without a label; the last one's answer nobody knows.
    assert rows == {"pass@1": (pytest.approx(1 / 3), 3), "unparsed": (pytest.approx(1 / 3), 3)}
    alone = pseudo_labels(labelled, verifier=exact, teacher="a", ctx=context())
    assert {row.metric: row.value for row in alone.results}["pass@1"] == 1.0
    with pytest.raises(LimbeckError, match="nobody called 'd'"):
        pseudo_labels(labelled, verifier=exact, teacher="d", ctx=context())
    with pytest.raises(LimbeckError, match="meta\\['gold'\\]"):
        pseudo_labels(Data(problems, traces), verifier=exact, ctx=context())
