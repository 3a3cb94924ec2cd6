"""How far what is said lies from what is so."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.evaluation._samples import known
from limbeck.records import Problem, Trace

UNIT = "score"


def brier(problem: Problem, traces: list[Trace], *, score: str = "confidence") -> float | None:
    """Mean squared difference of a sample's confidence and whether it is right (Brier 1950); 0.25 for who
    always says one half.

    Args:
        score: a name in ``trace.scores``, from 0 to 1; samples without it, and those that are neither right
            nor wrong, are left out.
    """
    pairs = known(traces, score)
    return ops.mean((sure - right) ** 2 for sure, right in zip(pairs[::2], pairs[1::2], strict=True))
