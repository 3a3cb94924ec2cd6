"""Planted contradictions and repetitions are marked, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from flat import flat

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace, Verdict
from limbeck.verifiers.ops import verify

thought_faults, corrupted = flat("curation/thought_faults"), flat("curation/corrupted")
CONTEXT = Context(Path("."))
EXPECTED = {"": [], "sum": [], "contradicting": ["think_answer_mismatch"], "repeated": ["flaw_repetition"]}


def test_each_planted_fault_has_its_mark():
    worlds = list(flat("problems/quantities")(n=25, low=3, solve=True))
    kinds = ("sum", "contradicting", "repeated")
    spoiled = Data.join(corrupted(worlds, kinds=kinds, ctx=CONTEXT))
    spoiled.traces = list(verify(flat("verifiers/number"), spoiled.problem_by_id(), spoiled.traces))
    made = thought_faults(spoiled, by="lines", ctx=CONTEXT)
    for trace in made.traces:
        # A slip that happens to leave the answer right is no flaw that is repeated.
        lucky = trace.params["defect"] == "repeated" and trace.outcome == "correct"
        assert trace.marks == ([] if lucky else EXPECTED[trace.params["defect"]])
    assert sum(bool(trace.marks) for trace in made.traces) > 45


def test_what_is_right_may_say_it_twice_and_what_was_cut_off_is_not_looked_at():
    text = "12 + 3 = 15 crates\n12 + 3 = 15 crates\n"
    traces = [
        Trace(id="right", problem_id="p", reasoning=text, answer="15", verdicts=[Verdict("x", "correct")]),
        Trace(id="wrong", problem_id="p", reasoning=text, answer="15", verdicts=[Verdict("x", "wrong")]),
        Trace(id="cut", problem_id="p", reasoning=text, answer="9", finish="length"),
    ]
    made = thought_faults(Data(traces=traces), ctx=CONTEXT)
    assert [trace.marks for trace in made.traces] == [[], ["flaw_repetition"], []]
    alone = thought_faults(Data(traces=traces), kinds=("mismatch",), ctx=CONTEXT)
    assert [trace.marks for trace in alone.traces] == [[], [], []]


def test_something_must_be_looked_for():
    with pytest.raises(LimbeckError, match="kinds is empty"):
        thought_faults(Data(), kinds=(), ctx=CONTEXT)
