"""A teacher shown a student's mistakes: which are shown, what comes back, and the tasks made of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.curation.tasks.feedback_tasks import feedback_tasks
from limbeck.errors import LimbeckError
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.teachers.rewrite.tailored import estimate

tailored = flat("teachers/tailored")
ASK = "{question} | {wrong} | {answer}"


def context(heard: list | None = None) -> Context:
    return Context(Path("."), report=heard.append if heard is not None else lambda event: None)


def trace(name: str, text: str, outcome: str, *marks: str, model: str = "student") -> Trace:
    verdicts = [Verdict("exact", outcome, text)] if outcome else []
    return Trace(
        id=name,
        problem_id=name[0],
        answer=text,
        model=model,
        verdicts=verdicts,
        marks=list(marks),
        finish="stop",
    )


def mistakes() -> Data:
    problems = [Problem(id=name, question=f"{name}?", answer="4") for name in "pqr"]
    problems += [Problem(id="s", question="s?"), Problem(id="t", question="t?", answer="4", marks=["dull"])]
    traces = [
        trace("p0", "5", "wrong", "wrong"), trace("p1", "5", "wrong"), trace("p2", "6", "wrong"),
        trace("q0", "7", "wrong", "truncated"), trace("q1", "8", ""), trace("q2", "4", "correct"),
        trace("r0", "9", "wrong", model="other"), trace("s0", "1", "wrong"), trace("t0", "2", "wrong"),
    ]  # fmt: skip
    return Data(problems, traces)


def asked(**setting) -> tuple[list[str], Data, list[str]]:
    """What the teacher is shown, the data, and what the log says."""
    shown: list[str] = []
    heard: list = []

    def reply(messages, number):
        shown.append(messages[-1]["content"])
        return f"<think>so {number}</think>4"

    out = tailored(mistakes(), model=Scripted(reply), template=ASK, ctx=context(heard), **setting)
    return shown, out, [event["message"] for event in heard if event["kind"] == "log"]


def test_only_verified_mistakes_are_shown_with_question_and_answer():
    shown, out, notes = asked()
    assert shown == ["p? | 5 | 4", "r? | 9 | 4"]
    new = out.traces[9:]
    assert [(each.problem_id, each.parents, each.params["tailored_to"]) for each in new] == [
        ("p", ["p0"], "p0"), ("r", ["r0"], "r0"),
    ]  # fmt: skip
    assert (new[0].id, new[0].reasoning, new[0].answer) == (
        "p#scripted-tailored-0",
        "so 0",
        "4",
    )
    assert all(each.verdicts == [] for each in new), "unverified"
    assert "1 wrong traces of problems without an answer to tell are left out" in notes


def test_more_mistakes_of_one_student_and_more_texts():
    shown, out, _ = asked(mistakes=3, student="student", k=2)
    assert shown == ["p? | 5 | 4"] * 2 + ["p? | 6 | 4"] * 2, "of equal texts only the first"
    assert len({each.id for each in out.traces}) == len(out.traces) == 9 + 4


def test_a_template_that_tells_no_answer_needs_none():
    shown: list[str] = []
    model = Scripted(lambda messages, number: shown.append(messages[-1]["content"]) or "4")
    tailored(mistakes(), model=model, template="{question} {wrong}", ctx=context())
    assert shown == ["p? 5", "r? 9", "s? 1"]


def test_a_text_that_speaks_of_what_was_told_is_marked():
    model = Scripted({"*": "Since the given answer is 4, it is 4"})
    out = tailored(mistakes(), model=model, template=ASK, ctx=context())
    assert [each.marks for each in out.traces[9:]] == [["tells_hint"]] * 2


def test_a_student_without_mistakes_costs_nothing_and_stops_nothing():
    data = Data([Problem(id="p", question="p?", answer="4")], [trace("p0", "4", "correct")])
    heard: list = []
    out = tailored(data, model=Scripted({}), template=ASK, ctx=context(heard))
    assert out.traces == data.traces
    assert "nobody is asked" in heard[0]["message"]


@pytest.mark.parametrize(
    ("setting", "said"), [({"template": "{question}"}, "wrong"), ({"tells": "["}, "regular")]
)
def test_what_cannot_work_is_refused(setting, said):
    with pytest.raises(LimbeckError, match=said):
        tailored(mistakes(), model=Scripted({}), ctx=context(), **setting)


def test_the_estimate_is_bounded_by_the_traces_there_are():
    params = {"k": 2, "mistakes": 3, "template": "", "system": "", "max_tokens": 10}
    assert estimate({"problems": 5, "traces": 4}, params) == {"traces": 12, "samples": 8, "max_tokens": 80}


def test_feedback_becomes_a_task_that_shows_question_and_mistake():
    _, out, _ = asked(tells="")
    out.traces[9].marks.append("error")
    made = feedback_tasks(out, template="{question} -> {wrong}")
    assert [(each.question, each.answer, each.meta) for each in made.problems] == [
        ("r? -> 9", None, {"mistake_of": "r"})
    ]
    assert [(each.problem_id, each.reasoning, each.outcome) for each in made.traces] == [
        (made.problems[0].id, "so 0", "unknown")
    ]
    with pytest.raises(LimbeckError, match="wrong"):
        feedback_tasks(out, template="{question}")
