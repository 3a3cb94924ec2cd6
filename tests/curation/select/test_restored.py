"""curation/restored: a rewriting stays where it proved correct, else its source does."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace, Verdict

restored = flat("curation/restored")


def pair(name: str, outcome: str | None, source: list[str], short: list[str]) -> list[Trace]:
    verdicts = [Verdict("exact", outcome)] if outcome else []
    return [
        Trace(id=name, problem_id="p", marks=source, verdicts=[Verdict("exact", "correct")]),
        Trace(id=f"{name}/short", problem_id="p", marks=short, parents=[name], verdicts=verdicts),
    ]


@pytest.mark.parametrize(
    ("outcome", "source", "short", "marks"),
    [
        ("correct", ["full"], [], [["full"], []]),
        ("wrong", ["full"], [], [[], ["wrong"]]),
        (None, ["full"], [], [[], ["unknown"]]),
        ("correct", ["full"], ["not_shorter"], [[], ["not_shorter"]]),
        ("wrong", ["seen", "full"], [], [["seen"], ["wrong"]]),
        ("wrong", ["seen"], [], [["seen"], ["wrong"]]),
    ],
)
def test_one_of_the_two_stays(outcome, source, short, marks):
    data = Data([Problem(id="p", question="q")], pair("t", outcome, source, short))
    out = restored(data, ctx=Context(Path(".")))
    assert [trace.marks for trace in out.traces] == marks
    assert restored(out, ctx=Context(Path("."))).traces == out.traces


def test_a_source_with_a_good_rewriting_beside_a_bad_one_stays_away():
    good, bad = pair("t", "correct", ["full"], []), pair("t", "wrong", ["full"], [])[1]
    bad.id = "t/other"
    out = restored(Data([Problem(id="p", question="q")], [*good, bad]), ctx=Context(Path(".")))
    assert [trace.marks for trace in out.traces] == [["full"], [], ["wrong"]]


def test_traces_that_are_no_rewritings_are_left_alone():
    alone = [Trace(id="a", problem_id="p", marks=["full"]), Trace(id="b", problem_id="p")]
    data = Data([Problem(id="p", question="q")], alone)
    assert restored(data, ctx=Context(Path("."))).traces == alone
