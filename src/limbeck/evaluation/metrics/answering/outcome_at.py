"""What verdicts say."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Outcome, Problem, Trace

UNIT = "share"


def outcome_at(problem: Problem, traces: list[Trace], *, outcome: Outcome) -> float | None:
    """Share of the samples with that outcome; written ``outcome@wrong``. Over all five outcomes they add up
    to 1.

    With `verifiers/abstention` ``unknown`` is an admission not to know.
    """
    return ops.mean(trace.outcome == outcome for trace in traces)
