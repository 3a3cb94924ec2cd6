"""How long samples are."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "tokens"


def mean_tokens(problem: Problem, traces: list[Trace]) -> float | None:
    """Mean number of completion tokens; samples whose length nobody counted are left out."""
    return ops.mean(trace.tokens for trace in traces)
