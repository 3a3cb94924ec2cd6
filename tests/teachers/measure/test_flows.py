"""teachers/flows: what is shown of a trace, and what is read from the reply."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.teachers._flows import fitted, lines

flows = flat("teachers/flows")


def told(name: str, reasoning: str, outcome: str = "correct", **more) -> Trace:
    verdicts = [Verdict("exact", outcome, "5")] if outcome else []
    return Trace(id=name, problem_id="p", reasoning=reasoning, answer="5", verdicts=verdicts, **more)


def extracted(reply, *traces: Trace, **settings) -> tuple[list[list[str] | None], list[str], str]:
    shown: list[str] = []

    def said(messages, number):
        shown.append(messages[-1]["content"])
        return reply

    notes: list = []
    ctx = Context(Path("."), report=lambda event: notes.append(event.get("message")))
    data = Data([Problem(id="p", question="2+3?", answer="5")], list(traces))
    out = flows(data, model=Scripted(said), ctx=ctx, **settings)
    return [trace.params.get("flow") for trace in out.traces], shown, notes[-1]


def test_each_steps_strategy_in_order():
    trace = told("t", "It asks for a sum.\n\n2 and 3 are 5.\n\nYes.")
    made, shown, note = extracted("<think>Hm.</think>1. restate\n2) **add**\n\n- check", trace)
    assert made == [["restate", "add", "check"]]
    assert "2+3?" in shown[0]
    assert "in 3 steps:\n1. It asks for a sum.\n2. 2 and 3 are 5.\n3. Yes.5\n" in shown[0]
    assert note == "1 flows"
    assert trace.params == {}, "the input is as it was"


def test_what_has_no_flow_is_counted():
    traces = [told("a", "x"), told("b", "x", "wrong"), told("c", "x", marks=["too_long"]), told("d", "x", "")]
    empty = told("e", "")
    empty.answer = ""
    made, shown, note = extracted("", *traces, empty)
    assert made == [None] * 5
    assert len(shown) == 2, "the right one, and the one that nobody has judged"
    assert note == "0 flows; 2 marked or not correct, 1 without steps, 2 without a flow in the reply"
    cut, _, _ = extracted({"text": "restate\nad", "finish": "length"}, traces[0])
    assert cut == [None], "a list that was cut off is no flow"


def test_a_template_without_the_steps_is_refused():
    with pytest.raises(LimbeckError, match=r"no \{steps\}"):
        extracted("", told("a", "x"), template="{question}")


def test_lines_and_budgets():
    assert lines("Step 1: restate\n12. Count 3 cases\n3 cases are left\n* go back *") == [
        "restate", "Count 3 cases", "3 cases are left", "go back",
    ]  # fmt: skip
    assert fitted(["a", "b", "c"], 2, "more") == ["a", "c"]
    assert fitted(["a", "b", "c"], 5, "more") == ["a", "b", "more", "more", "c"]
    assert fitted(["a", "b", "c"], 3, "more") == ["a", "b", "c"]
    assert fitted(["a", "b"], 1, "more") == ["b"]
