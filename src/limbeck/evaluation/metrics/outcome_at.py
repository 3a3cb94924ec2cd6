"""How many samples got an outcome."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Outcome, Problem, Trace

UNIT = "share"


def outcome_at(problem: Problem, traces: list[Trace], *, outcome: Outcome) -> float | None:
    """Share of the samples whose last verdict is ``outcome``; written ``outcome@wrong``.

    Of samples that are not ``correct`` it tells those that err from those that were cut off, say nothing that
    can be read, or were asked what nobody can decide.
    """
    return ops.mean(trace.outcome == outcome for trace in traces)
