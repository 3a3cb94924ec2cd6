"""A teacher told the answer: what it is shown, what is noted of its traces; no student sees the hint."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.teachers.write.hinted import estimate, precheck
from limbeck.texts.messages import as_messages

hinted = flat("teachers/hinted")
HINT = "{question} ({answer})"


def context(heard: list | None = None) -> Context:
    return Context(Path("."), report=heard.append if heard is not None else lambda event: None)


def notes(heard: list) -> list[str]:
    return [event["message"] for event in heard if event["kind"] == "log"]


def problem(name: str, question: str, answer: str | None, **more) -> Problem:
    return Problem(id=name, question=question, answer=answer, **more)


class Heard(Scripted):
    """Remembers what it was asked."""

    def __init__(self, reply: str) -> None:
        self.asked_of: list = []
        super().__init__(lambda messages, number: self.asked_of.append(messages) or reply)


def test_the_hint_is_in_the_teachers_prompt_and_nowhere_else():
    model = Heard("<think>2 and 2</think>4")
    out = hinted(Data([problem("p", "2+2", "4")]), model=model, k=2, template=HINT, ctx=context())
    assert model.asked_of[0] == [{"role": "user", "content": "2+2 (4)"}]
    assert [trace.params["hinted"] for trace in out.traces] == [True, True]
    assert [trace.id for trace in out.traces] == ["p#scripted-hinted-0", "p#scripted-hinted-1"]
    assert out.traces[0].verdicts == [], "the answer was told, not verified"
    assert as_messages(out.problems[0]) == [{"role": "user", "content": "2+2"}]


def test_a_template_without_the_answer_asks_free_and_its_traces_have_ids_of_their_own():
    data = Data([problem("p", "2+2", "4"), problem("q", "3+3", None)])
    out = hinted(data, model=Heard("4"), k=1, template="{question}", ctx=context())
    assert [trace.params["hinted"] for trace in out.traces] == [False, False]
    assert [trace.id for trace in out.traces] == ["p#scripted-asked-0", "q#scripted-asked-0"]
    assert not any(each.marks for each in out.problems), "no answer is needed where none is hinted"


def test_a_problem_without_an_answer_is_not_asked_but_marked_and_counted():
    heard: list = []
    data = Data([problem("p", "2+2", "4"), problem("q", "3+3", None), problem("r", "1+1", " ")])
    out = hinted(data, model=Scripted({"2+2 (4)": "4"}), k=1, template=HINT, ctx=context(heard))
    assert [each.marks for each in out.problems] == [[], ["no_answer"], ["no_answer"]]
    assert [trace.problem_id for trace in out.traces] == ["p"]
    assert "2 problems have no answer to hint and are marked no_answer" in notes(heard)
    with pytest.raises(LimbeckError, match="none of 2 problems has an answer to hint"):
        hinted(Data(data.problems[1:]), model=Heard("4"), k=1, template=HINT, ctx=context())


def test_a_trace_that_speaks_of_the_hint_is_marked():
    heard: list = []
    replies = [
        "so the correct answer is 4",
        "The answer was given as 4",
        "As the expected answer shows: 4",
        "No hint: 4",
    ]
    out = hinted(
        Data([problem("p", "2+2", "4")]), model=Scripted(replies), k=4, template=HINT, ctx=context(heard)
    )
    assert [trace.marks for trace in out.traces] == [[], *[["tells_hint"]] * 3]
    assert "3 of 4 traces speak of the hint and are marked tells_hint" in notes(heard)
    plain = Data([problem("p", "2+2", "4")])
    free = hinted(plain, model=Scripted(replies), k=4, template="{question}", ctx=context())
    assert not any(trace.marks for trace in free.traces), "who was told nothing gives nothing away"
    off = hinted(plain, model=Scripted(replies), k=4, template=HINT, tells="", ctx=context())
    assert not any(trace.marks for trace in off.traces)


def examples() -> Data:
    def trace(name: str, problem_id: str, **more) -> Trace:
        return Trace(
            id=name, problem_id=problem_id, reasoning=f"by {name}", answer="7", format="think", **more
        )

    problems = [problem("p", "2+2", "4"), problem("e", "3+4", "7"), problem("f", "1+6", "7")]
    traces = [trace("own", "p"), trace("bad", "e", marks=["wrong"]), trace("good", "e"), trace("again", "e")]
    return Data(problems, [*traces, trace("last", "f")])


def test_examples_stand_before_the_question_as_turns_of_their_own():
    model = Heard("4")
    first = problem("p", "2+2", "4", meta={"system": "Be brief."})
    data = Data([first, problem("z", "9+9", "18")])
    out = hinted(data, examples(), model=model, k=1, template=HINT, format="plain", ctx=context())
    # A problem is no example for itself, and each other one is shown by its first kept trace.
    assert model.asked_of[0] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "3+4 (7)"},
        {"role": "assistant", "content": "by good7"},
        {"role": "user", "content": "1+6 (7)"},
        {"role": "assistant", "content": "by last7"},
        {"role": "user", "content": "2+2 (4)"},
    ]
    assert [len(messages) for messages in model.asked_of] == [6, 7]
    assert [trace.params["shots"] for trace in out.traces] == [2, 3]
    assert [each.id for each in out.problems] == ["p", "z"], "examples do not flow on"
    fewer = Heard("4")
    hinted(data, examples(), model=fewer, k=1, template=HINT, shots=1, ctx=context())
    assert [len(messages) for messages in fewer.asked_of] == [4, 3]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"template": "{answer}"}, r"no \{question\}"),
        ({"tells": "("}, "tells='\\('"),
        ({"format": "thunk"}, "thunk"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_asked(setting, said):
    model = Heard("4")
    with pytest.raises(LimbeckError, match=said):
        hinted(Data([problem("p", "2+2", "4")]), model=model, ctx=context(), **setting)
    assert model.asked_of == []
    given = {"template": HINT, "tells": "", "k": 1, "format": "think", "temperature": 1.0, "top_p": 1.0}
    with pytest.raises(LimbeckError, match=said):
        precheck({**given, "max_tokens": 8, **setting})


def test_an_input_of_examples_without_one_is_an_error():
    marked = Data([problem("e", "3+4", "7", marks=["dull"])])
    with pytest.raises(LimbeckError, match="further inputs hold examples"):
        hinted(Data([problem("p", "2+2", "4")]), marked, model=Heard("4"), ctx=context())


def test_the_estimate_counts_shots_where_it_is_told_how_many():
    params = {"k": 3, "template": "{question}", "system": "", "max_tokens": 10, "shots": 2}
    counts = {"problems": 5, "question_tokens": 4.0, "trace_tokens": 6.0}
    around = len("{question}") / 3.5
    assert estimate(counts, params) == {
        "traces": 15, "samples": 15, "prompt_tokens": round(15 * (4 + around + 2 * 10)), "max_tokens": 150,
    }  # fmt: skip
