"""A number that a measure or a verifier noted in the samples."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "score"


def score_at(problem: Problem, traces: list[Trace], *, name: str) -> float | None:
    """Mean of ``trace.scores[name]``; samples without one are left out. Written ``score@name``."""
    return ops.mean(trace.scores.get(name) for trace in traces)
