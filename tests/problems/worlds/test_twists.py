"""Known problems turned around, solvers at known rates, and how near their traces are to which solution."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace

twists, contamination = flat("problems/twists"), flat("curation/contamination")


def test_the_twin_differs_in_one_event_and_in_its_answer():
    for problem in twists(n=30).problems:
        old, new = (problem.meta[key].split("\n\n") for key in ("original", "solution"))
        last = [text.rpartition(" ")[2] for text in (old[-1], new[-1])]
        assert last[1] == f"{problem.answer}."
        assert last[0] != last[1]
        deeds = [[text.partition(",")[0] for text in side] for side in (old, new)]
        assert sum(a != b for a, b in zip(*deeds, strict=True)) == 1
        assert problem.meta["condition"] in problem.question


def test_solvers_see_follow_and_slip_as_told():
    traces = twists(n=300, k=4, seen=0.8, followed=0.5, slips=0.2).traces
    shares = {
        why: sum(trace.params["why"] == why for trace in traces) / 1200 for why in ("right", "habit", "slip")
    }
    assert shares == pytest.approx({"right": 0.32, "habit": 0.6, "slip": 0.08}, abs=0.04)
    assert all((trace.outcome == "correct") == (trace.params["why"] == "right") for trace in traces)
    assert all(("Mind that" in trace.reasoning) == trace.params["seen"] for trace in traces)


def test_paragraphs_count_for_the_solution_that_they_are_nearer():
    meta = {"original": "red fox\n\nold barn\n\nsame words", "solution": "red fox\n\nnew gate\n\nsame words"}
    data = Data(
        [Problem(id="p", question="q", meta=meta)],
        [
            Trace(id=str(at), problem_id="p", reasoning=text)
            for at, text in enumerate(
                ("old barn", "new gate", "same words", "old barn\n\nnew gate\n\nred fox")
            )
        ],
    )
    assert [
        trace.scores["contamination"] for trace in contamination(data, ctx=Context(Path("."))).traces
    ] == [1.0, 0.0, 0.5, 0.5]


def test_solutions_that_are_not_there_are_told():
    told: list[str] = []
    data = Data(
        [Problem(id="p", question="q", meta={"origin": "a", "solution": "b"})],
        [Trace(id="t", problem_id="p")],
    )
    assert (
        contamination(data, ctx=Context(Path("."), report=lambda each: told.append(each["message"])))
        .traces[0]
        .scores
        == {}
    )
    assert told == ["1 problems have no text in meta['original']; did you mean 'origin'?"]
