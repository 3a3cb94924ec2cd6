"""Traces made shorter: what the teacher is shown, what is noted, and that nothing counts as verified."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.teachers.rewrite.compressed import estimate

compressed = flat("teachers/compressed")
TEMPLATE = "{question}|{rationale}|{guide}|{length}"


def trace(name: str, reasoning: str, **more) -> Trace:
    fields = {"reasoning": reasoning, "answer": "4", "format": "lines", "finish": "stop"}
    verdict = Verdict("exact", "correct", "4")
    return Trace(id=name, problem_id=name[0], verdicts=[verdict], **{**fields, **more})


def long_and_guides() -> tuple[Data, Data]:
    problems = [Problem(id=name, question=f"{name}?", answer="4") for name in "pq"]
    full = [trace("p0", "1+1=2;2+2=4;"), trace("p1", "no;", marks=["off_label"]), trace("q0", "2*2=4;")]
    student = [trace("p8", "cut", finish="length"), trace("p9", "2 4;"), trace("p7", "later;")]
    return Data(problems, full), Data(problems, student)


def test_the_students_way_and_length_are_the_guide():
    shown: list[str] = []
    model = Scripted(lambda messages, number: shown.append(messages[-1]["content"]) or "2;4")
    out = compressed(
        *long_and_guides(), model=model, format="lines", template=TEMPLATE, ctx=Context(Path("."))
    )
    # Half of the student's five characters; of the trace's own seven where the student wrote nothing.
    assert shown == ["p?|1+1=2;2+2=4;4|2 4;4|3", "q?|2*2=4;4||4"]
    assert [each.marks for each in out.traces] == [["full"], ["off_label"], ["full"], [], []]
    short = out.traces[3]
    assert (short.id, short.parents, short.reasoning, short.answer) == ("p0/short", ["p0"], "2;", "4")
    assert short.verdicts == [], "to be verified again"


def test_what_is_no_shorter_or_failed_is_marked():
    replies = {"p?": Completion(text="", finish="error", error="busy"), "q?": "2 times 2 is 4;4"}
    data, _ = long_and_guides()
    model = Scripted(lambda messages, number: replies[messages[-1]["content"].partition("|")[0]])
    out = compressed(data, model=model, format="lines", template=TEMPLATE, ctx=Context(Path(".")))
    assert [each.marks for each in out.traces[3:]] == [["error"], ["not_shorter"]]


def test_a_template_without_the_rationale_is_refused():
    with pytest.raises(LimbeckError, match="rationale"):
        compressed(long_and_guides()[0], model=Scripted({}), template="{question}", ctx=Context(Path(".")))


def test_the_estimate_is_a_request_for_each_trace():
    params = {"template": "", "system": "", "max_tokens": 10}
    counts = {"problems": 2, "traces": 3, "question_tokens": 4.0, "trace_tokens": 6.0}
    asked = {"samples": 3, "prompt_tokens": 3 * 16, "max_tokens": 30}
    assert estimate(counts, params) == {"traces": 6, **asked}
