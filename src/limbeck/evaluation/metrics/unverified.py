"""How many samples the verifier could not judge."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def unverified(problem: Problem, traces: list[Trace]) -> float | None:
    """Share of samples whose verifier timed out, failed or could not tell."""
    return ops.mean(trace.outcome in ("timeout", "unknown") for trace in traces)
