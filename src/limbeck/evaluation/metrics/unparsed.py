"""How many samples have no readable answer."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def unparsed(problem: Problem, traces: list[Trace]) -> float | None:
    """Share of samples that ended by themselves, but without a readable answer."""
    return ops.mean(trace.outcome == "unparsed" and trace.finish != "length" for trace in traces)
