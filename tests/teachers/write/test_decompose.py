"""Decompositions as traces, those that lead to the answer, and what a solver learns from them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict

decompose = flat("teachers/decompose")
reached = flat("verifiers/reached")
solver_tasks = flat("curation/solver_tasks")
gold_answers = flat("curation/gold_answers")
PROBLEM = Problem(id="p", question="How old is she?", answer="4", source="s", meta={"system": "Be kind."})


def context(heard: list) -> Context:
    return Context(Path("."), report=heard.append)


def parts(text: str, number: int = 0, **more) -> Trace:
    return Trace(id=f"p#{number}", problem_id="p", answer=text, format="plain", **more)


def exact(problem: Problem, trace: Trace) -> Verdict:
    return Verdict("exact", "correct" if trace.answer == problem.answer else "wrong", trace.answer)


def test_a_division_is_kept_without_its_thought_and_another_form_is_marked_and_told():
    replies = ["<think>a?</think>1. How?", "<think>no</think> None.", "I do not know.",
               Completion(text="1. How?\n2. W", finish="length")]  # fmt: skip
    heard: list = []
    out = decompose(Data([PROBLEM]), model=Scripted(replies), k=4, ctx=context(heard))
    assert [(trace.answer, trace.marks) for trace in out.traces] == [
        ("1. How?", []),
        ("none", []),
        ("I do not know.", ["malformed"]),
        ("1. How?\n2. W", ["truncated"]),
    ]
    told = [event["message"] for event in heard if event["kind"] == "log"]
    assert told == ["1 of 4 decompositions are not in the form asked for: malformed"]


def test_a_template_without_the_question_is_refused():
    with pytest.raises(LimbeckError, match="question"):
        decompose(Data([PROBLEM]), model=Scripted([""]), ask="Divide.", ctx=context([]))


def judged(text: str, replies: list, **settings) -> tuple[Verdict, list]:
    heard: list = []

    def reply(messages, number):
        heard.append(messages)
        return replies[number]

    verdict = reached(PROBLEM, parts(text), model=Scripted(reply), verifier=exact, **settings)
    return (verdict if isinstance(verdict, Verdict) else verdict.result()), heard


RIGHT, WRONG = "<think>so</think>4", "<think>so</think>5"


@pytest.mark.parametrize(
    ("replies", "least", "outcome", "score"),
    [
        ([RIGHT], 1, "correct", 1.0),
        ([WRONG], 1, "unknown", 0.0),
        ([WRONG, RIGHT, WRONG], 1, "correct", 1 / 3),
        ([WRONG, RIGHT, WRONG], 2, "unknown", 1 / 3),
        ([Completion(text="4", finish="error", error="busy"), RIGHT], 2, "unknown", 0.5),
    ],
)
def test_a_decomposition_is_as_good_as_what_its_solver_reaches_and_never_wrong(
    replies, least, outcome, score
):
    verdict, heard = judged("1. When?", replies, k=len(replies), least=least)
    assert (verdict.outcome, verdict.extracted) == (outcome, "1. When?")
    assert verdict.score == pytest.approx(score)
    assert heard[0][0] == {"role": "system", "content": "Be kind."}
    assert "How old is she?" in heard[0][-1]["content"]
    assert "1. When?" in heard[0][-1]["content"]


def test_no_division_asks_the_question_itself_and_another_form_asks_nothing():
    verdict, heard = judged("none", [RIGHT])
    assert (verdict.outcome, heard[0][-1]["content"]) == ("correct", "How old is she?")
    verdict, heard = judged("She is 4.", [RIGHT])
    assert (verdict.outcome, heard) == ("unparsed", [])
    with pytest.raises(LimbeckError, match="least=2, k=1"):
        judged("none", [RIGHT], least=2)


def test_a_solver_is_asked_with_each_kept_division():
    data = Data(
        [PROBLEM], [parts("1. When?"), parts("none", 1), parts("oh", 2), parts("2. W?", 3, marks=["x"])]
    )
    out = solver_tasks(data, solve="{question}|{subquestions}", direct="{question}|")
    assert [problem.question for problem in out.problems] == ["How old is she?|1. When?", "How old is she?|"]
    first = out.problems[0]
    assert (first.answer, first.source, first.meta["system"]) == ("4", "s", "Be kind.")
    assert (first.meta["decomposition"], first.meta["divided"]) == ("p#0", "p")
    assert out.traces == []


def test_the_reference_takes_the_place_of_another_answer_and_nothing_is_confirmed_by_it():
    wrong = Verdict("exact", "wrong", "5")
    data = Data(
        [PROBLEM, Problem(id="q", question="?")],
        [Trace(id="p#0", problem_id="p", reasoning="so", answer="5", verdicts=[wrong], weights=[(0, 1, 2.0)]),
         Trace(id="p#1", problem_id="p", answer="4"),
         Trace(id="p#2", problem_id="p", answer="6", marks=["truncated"]),
         Trace(id="q#0", problem_id="q", answer="5")],
    )  # fmt: skip
    out = gold_answers(data)
    assert {trace.id: trace.marks for trace in out.traces} == {
        "p#0": ["answer_replaced"], "p#1": [], "p#2": ["truncated"], "q#0": [], "p#0/gold": [],
    }  # fmt: skip
    copy = out.traces[-1]
    assert (copy.reasoning, copy.answer, copy.outcome, copy.parents) == ("so", "4", "unknown", ["p#0"])
    assert copy.weights == []
    assert gold_answers(out).traces == out.traces, "a second time changes nothing"
