"""How many samples were cut off."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def truncated(problem: Problem, traces: list[Trace]) -> float | None:
    """Share of samples that were cut off at the token limit."""
    return ops.mean(trace.finish == "length" for trace in traces)
