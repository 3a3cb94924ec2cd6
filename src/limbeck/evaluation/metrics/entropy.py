"""How open a model still is."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "nats"


def entropy(problem: Problem, traces: list[Trace]) -> float | None:
    """Mean entropy per token of samples that `evaluation/entropy` drew."""
    return ops.mean(trace.scores.get("entropy") for trace in traces)
