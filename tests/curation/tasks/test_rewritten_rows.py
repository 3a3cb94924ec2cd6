"""Rows rewritten for a task: what is shown, what a reply must be, and what its example keeps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem
from limbeck.texts.traces import full_text

rewritten_rows = flat("curation/rewritten_rows")
CONTEXT = Context(Path("."))
TASK = Data(
    [
        Problem(id="t0", question="3+4?", answer="7", verifier="number", source="sums"),
        Problem(id="t1", question="1+1?", answer="2"),
    ]
)
ROW = Problem(id="r", question="Ada has 5 pears and buys 4.", answer="9 pears", source="shop", split="train")
GOOD = {"question": "5+4?", "reasoning": "5+4=9;", "answer": 9}


def rewritten(reply, task: Data = TASK, **settings) -> Data:
    return rewritten_rows(Data([ROW]), task, model=Scripted([reply]), ctx=CONTEXT, **settings)


def test_an_example_takes_the_tasks_verifier_and_names_its_row():
    data = rewritten(json.dumps(GOOD), format="lines")
    (problem,), (trace,) = data.problems, data.traces
    assert (problem.id, problem.question, problem.answer) == ("r/rewritten", "5+4?", "9")
    assert (problem.verifier, problem.source, problem.split) == ("number", "sums", "train")
    assert problem.meta == {"row_id": "r", "row_source": "shop", "writer": "scripted"}
    assert full_text(trace) == "5+4=9;9"
    assert trace.verdicts == [], "nobody has checked it"


def test_the_first_examples_and_the_row_are_shown_between_tags_of_their_own():
    heard = []

    def reply(messages, number):
        heard.append(messages[0]["content"])
        return json.dumps(GOOD)

    data = Data([ROW, Problem(id="seen", question="x", marks=["not_retrieved"])])
    rewritten_rows(data, TASK, model=Scripted(reply), shown=1, instruction="Add up.", ctx=CONTEXT)
    (asked,) = heard
    assert "Task: Add up.\n" in asked
    assert '{"question": "3+4?", "answer": "7"}\n</examples-' in asked
    assert '\n{"question": "Ada has 5 pears and buys 4.", "answer": "9 pears"}\n</row-' in asked
    assert "1+1?" not in asked


@pytest.mark.parametrize(
    ("reply", "mark"),
    [
        (json.dumps({"question": None}), "unfit"),
        (json.dumps({**GOOD, "answer": None}), "malformed"),
        (json.dumps({**GOOD, "question": " "}), "malformed"),
        (json.dumps({**GOOD, "answer": True}), "malformed"),
        ("I would rather not.", "malformed"),
        (Completion(text=json.dumps(GOOD), finish="length"), "truncated"),
    ],
)
def test_what_is_no_example_is_kept_with_a_mark_and_without_a_trace(reply, mark):
    data = rewritten(reply)
    assert (data.problems[0].marks, data.traces) == ([mark], [])


def test_mistakes_are_told():
    with pytest.raises(LimbeckError, match="the task has no example to show"):
        rewritten("x", Data())
    with pytest.raises(LimbeckError, match=r"the template 'Ask \{row\}' has no \{examples\}"):
        rewritten("x", template="Ask {row}")
    with pytest.raises(LimbeckError, match="all 1 requests failed; the first: busy"):
        rewritten(Completion(text="", finish="error", error="busy"))
