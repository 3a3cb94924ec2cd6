"""Points of several raters, worked by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.models.scripted import Scripted
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace

graded = flat("curation/graded")
CONTEXT = Context(Path("."))
RUBRIC = [{"text": "a", "points": 2}, {"text": "b"}]


def proofs() -> Data:
    problems = [
        Problem(id="p", question="q", meta={"rubric": RUBRIC}),
        Problem(id="bare", question="r"),
    ]
    return Data(problems, [Trace(id=f"{name}#0", problem_id=name, answer="so") for name in ("p", "bare")])


def test_points_are_medians_and_raters_who_cannot_be_read_do_not_count():
    replies = ['{"1": 2, "2": 1}', '{"1": 0, "2": 1}', "well", '{"1": 1, "2": 0}']
    model = Scripted([*replies])
    first, bare = graded(proofs(), model=model, raters=4, ctx=CONTEXT).traces
    assert first.scores == {"points": 2.0, "points/0": 1.0, "points/1": 1.0, "points/gap": 2.0}
    assert first.marks == bare.marks == []
    assert bare.scores == {}
    assert model.asked == 4


def test_a_trace_that_half_of_the_raters_cannot_mark_is_ungraded():
    made = graded(proofs(), model=Scripted(['{"1": 2, "2": 1}', "well"]), raters=2, ctx=CONTEXT)
    assert made.traces[0].marks == ["ungraded"]
    assert "points" not in made.traces[0].scores


def test_a_grader_that_never_answers_is_an_error():
    with pytest.raises(LimbeckError, match="all 2 requests failed; the first: scripted failure"):
        graded(proofs(), model=Scripted(["x"], fail_every=1), raters=2, ctx=CONTEXT)
