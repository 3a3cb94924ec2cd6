"""How well a model predicts stored text."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "nats"


def loss(problem: Problem, traces: list[Trace]) -> float | None:
    """Mean negative log-probability per token of traces that `evaluation/text_loss` read."""
    return ops.mean(trace.scores.get("loss") for trace in traces)
