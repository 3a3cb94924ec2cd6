"""How much of a thought is in one script."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts.languages import shares

UNIT = "share"


def script_at(problem: Problem, traces: list[Trace], *, name: str) -> float | None:
    """Share of a thought's letters that are of a script, as in ``script@Han``; thoughts without a letter are
    left out."""
    parts = (shares(trace.reasoning) for trace in traces)
    return ops.mean(each.get(name, 0.0) if each else None for each in parts)
