"""teachers/bridged: what a bridge says is missing is put in where it fits, and is yet to be verified."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.generation import Completion
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict

bridged = flat("teachers/bridged")
STEPS = ["There are 3 boxes of 4.\n\n", "Two are broken, so 10 are left.\n\n", "Each costs 2, so 20."]


def data(body: str = "".join(STEPS), n: int = 1, **more) -> Data:
    traces = [
        Trace(
            id=f"t{at}", problem_id="p", reasoning=body, answer="20", format="think", tokens=30,
            verdicts=[Verdict("math", "correct", "20")], **more,
        )
        for at in range(n)
    ]  # fmt: skip
    return Data([Problem(id="p", question="What do they cost?", answer="20")], traces)


def missing(before: int, text: str) -> str:
    return f"Missing step between Step {before} and Step {before + 1}:\n{text}\n"


def with_reply(reply, given: Data) -> list[Trace]:
    model = Scripted(lambda messages, number: next(reply) if not isinstance(reply, str) else reply)
    return bridged(given, model=model, ctx=Context(Path("."))).traces


def test_steps_are_put_in_where_they_are_missing():
    source, mended = with_reply("<think>hm</think>" + missing(1, "3 times 4 is 12."), data())
    assert mended.reasoning == STEPS[0] + "3 times 4 is 12.\n\n" + STEPS[1] + STEPS[2]
    assert [mended.reasoning[begin:end] for begin, end in mended.params["inserted"]] == ["3 times 4 is 12."]
    assert (mended.id, mended.parents, mended.verdicts, mended.tokens) == ("t0/bridged", ["t0"], [], None)
    assert (mended.answer, mended.marks, source.marks) == ("20", [], ["gaps"])


def test_what_is_there_already_is_not_put_in_again():
    reply = (
        missing(0, "There are  3 boxes of 4.") + missing(2, "each costs 2, so 20.") + missing(9, "elsewhere")
    )
    whole = data()
    assert with_reply(reply, whole) == whole.traces
    assert with_reply("There are no missing steps.", whole) == whole.traces


def test_failed_and_cut_off_replies_leave_a_trace_as_it_is():
    cut = Completion(text=missing(1, "3 times 4 is"), finish="length")
    failed = Completion(text="", finish="error", error="busy")
    out = with_reply(iter([cut, failed, missing(1, "12.")]), data(n=3))
    assert [trace.id for trace in out] == ["t0", "t1", "t2", "t2/bridged"]
    assert [trace.marks for trace in out] == [[], [], ["gaps"], []]
    with pytest.raises(LimbeckError, match="all 2 requests failed"):
        with_reply(iter([failed, failed]), data(n=2))


def test_a_solution_that_is_all_answer_is_mended_there():
    given = data()
    trace = given.traces[0]
    trace.reasoning, trace.answer = "", "".join(STEPS)
    _, mended = with_reply(missing(1, "3 times 4 is 12."), given)
    assert (mended.reasoning, mended.answer) == ("", STEPS[0] + "3 times 4 is 12.\n\n" + STEPS[1] + STEPS[2])
