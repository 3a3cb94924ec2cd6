"""curation/backtracking: wrong beginnings, taken back, before what is right."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.texts.traces import full_text

backtracking = flat("curation/backtracking")
CONTEXT = Context(Path("."))


def trace(name: str, reasoning: str, outcome: str, *marks: str) -> Trace:
    verdicts = [Verdict("exact", outcome)]
    told = {"reasoning": reasoning, "answer": name, "verdicts": verdicts, "marks": [*marks]}
    return Trace(id=name, problem_id="p", format="think", **told)


def data(*traces: Trace) -> Data:
    return Data([Problem(id="p", question="q", answer="right")], list(traces))


def test_a_wrong_beginning_is_taken_back_and_weighs_nothing():
    given = data(
        trace("right", "one\ntwo\n", "correct"), trace("bad", "eins\nzwei\ndrei\n", "wrong", "wrong")
    )
    out = backtracking(given, phrase="|no|", by="lines", ctx=CONTEXT)
    source, wrong, made = out.traces
    assert (source.marks, wrong.marks) == (["straight"], ["wrong"])
    head, _, tail = made.reasoning.partition("|no|")
    assert head in ("eins", "eins\nzwei", "eins\nzwei\ndrei")
    assert tail == "one\ntwo\n"
    assert (made.id, made.answer, made.verdicts, made.parents) == (
        "right/backtracking", "right", [], ["right", "bad"],
    )  # fmt: skip
    assert made.params["backtracks"] == 1
    ((begin, end, weight),) = made.weights
    assert (full_text(made)[begin:end], weight) == (head, 0.0)


def test_as_many_attempts_as_asked_for_each_cut_by_itself():
    wrong = [trace(f"w{at}", f"{at}a\n{at}b\n", "wrong", "wrong") for at in range(5)]
    given = data(trace("right", "one\n", "correct"), *wrong)
    made = backtracking(given, attempts=3, phrase="|no|", by="lines", weight=1.0, ctx=CONTEXT).traces[-1]
    *detours, last = made.reasoning.split("|no|")
    assert (len(detours), last, made.weights, made.params["backtracks"]) == (3, "one\n", [], 3)
    assert len({each[0] for each in detours}) == 3
    assert backtracking(given, attempts=9, ctx=CONTEXT).traces[-1].params["backtracks"] == 5


def test_what_is_not_known_to_be_wrong_is_no_detour():
    given = data(
        trace("right", "one\n", "correct"),
        trace("cut", "off\n", "wrong", "truncated"),
        trace("open", "who\n", "unknown"),
        trace("mute", "", "wrong", "wrong"),
    )
    assert backtracking(given, ctx=CONTEXT) == given
    with pytest.raises(LimbeckError, match="phrase"):
        backtracking(given, phrase=" ", ctx=CONTEXT)
