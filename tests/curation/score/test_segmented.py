"""curation/segmented: steps labelled by cues or by a model, whose replies are held against the steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.problems.worlds.drafts import Detours, drafts
from limbeck.records import Data, Problem, Trace
from limbeck.texts.parts import parts_of

segmented = flat("curation/segmented")
MARKS = {"understanding": r"^\?", "method": "^[<>]", "correction": "^~", "check": "^!", "summary": "^;$"}
SEPARATOR = r"[?<>;!~x]|=(?=\d\d)"


def data(*reasonings: str) -> Data:
    traces = [
        Trace(id=f"t{number}", problem_id="p", reasoning=text, answer="5", format="think", finish="stop")
        for number, text in enumerate(reasonings)
    ]
    return Data([Problem(id="p", question="2+3", answer="5")], traces)


def told(steps: dict[str, str], approaches: list[dict]) -> str:
    return f"Here it is:\n{json.dumps({'steps': steps, 'approaches': approaches})}"


def labelled(reply, *reasonings: str) -> list[Trace]:
    return segmented(data(*reasonings), model=Scripted({"*": reply}), ctx=Context(Path("."))).traces


def test_planted_kinds_are_told_by_their_marks():
    detours = Detours(checks=0.5, slips=0.3, restated=0.5, dead=0.5, again=0.5, other=0.5)
    world = drafts(n=60, detours=detours, solve="steps")
    made = segmented(world, separator=SEPARATOR, cues=MARKS, ctx=Context(Path(".")))
    wanted = [trace.params["planted"] for trace in world.traces]
    assert [[part.kind for part in parts_of(trace)] for trace in made.traces] == wanted
    assert {kind for kinds in wanted for kind in kinds} == {
        "understanding", "progress", "method", "check", "slip", "correction", "summary",
    }  # fmt: skip
    for trace in made.traces:
        states = {part.approach: part.state for part in parts_of(trace) if part.approach}
        left = trace.reasoning.count("x")
        assert list(states.values()) == ["abandoned"] * left + ["right"] * (len(states) - left)


def test_a_model_names_steps_and_approaches():
    reply = told(
        {"2": "check", "3": "method"},
        [
            {"first": 3, "method": "Counting ", "state": "right"},
            {"first": 1, "method": "sum", "state": "wrong"},
        ],
    )
    (trace,) = labelled(reply, "2+3=6\n\nsurely\n\n3, 4, 5")
    parts = parts_of(trace)
    assert [(part.kind, part.approach, part.state, part.method) for part in parts] == [
        ("progress", 1, "wrong", "sum"), ("check", 1, "wrong", "sum"), ("method", 2, "right", "counting"),
    ]  # fmt: skip


def test_a_model_is_shown_numbered_steps_behind_a_fence():
    shown: list[str] = []
    model = Scripted(lambda messages, number: shown.append(messages[-1]["content"]) or "no")
    segmented(data("2+3=5\n\nsurely"), model=model, ctx=Context(Path(".")))
    assert "[1] 2+3=5\n[2] surely\n</steps-" in shown[0]
    assert "{" not in shown[0].partition("Say of each")[0]


@pytest.mark.parametrize(
    "reply",
    [
        "I cannot say.",
        told({"3": "check"}, []),
        told({"1": "chec"}, []),
        told({"1": "check"}, [{"first": 0, "state": "right"}]),
        told({"1": "check"}, [{"first": 1, "state": "fine"}]),
        Completion(text=told({"1": "check"}, []), finish="length"),
    ],
)
def test_a_reply_that_fits_no_step_is_marked(reply):
    (trace,) = labelled(reply, "2+3=5\n\nsurely")
    assert trace.marks == ["unsegmented"]
    assert "parts" not in trace.params


def test_some_failures_are_marked_and_failures_alone_are_an_error():
    failed = Completion(text="", finish="error", error="busy")
    replies = iter([failed, told({"1": "check"}, [])])
    some = segmented(data("a", "b"), model=Scripted(lambda m, n: next(replies)), ctx=Context(Path(".")))
    assert [trace.marks for trace in some.traces] == [["unsegmented"], []]
    with pytest.raises(LimbeckError, match="all 2 requests failed; the first: busy"):
        segmented(data("a", "b"), model=Scripted(lambda m, n: failed), ctx=Context(Path(".")))
