"""How much is written for a right answer."""

from __future__ import annotations

from collections.abc import Sequence

from limbeck.evaluation import ops
from limbeck.evaluation._samples import flat
from limbeck.evaluation._shares import ratio
from limbeck.records import Problem, Trace

UNIT = "tokens"


def tokens_per_correct(problem: Problem, traces: list[Trace]) -> tuple[float, float] | None:
    """All tokens over the number of right samples, of all problems together: what is wrong was paid for too.

    Returns:
        Mean tokens and share right of a problem's samples with a counted length; None where none has one.
    """
    counted = [trace for trace in traces if trace.tokens is not None]
    right = ops.mean(trace.outcome == "correct" for trace in counted)
    tokens = ops.mean(trace.tokens for trace in counted)
    return None if tokens is None or right is None else (tokens, right)


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """Numbers whose mean is the ratio; none where no sample is right."""
    tokens_P, right_P, _ = flat(parts)
    return ratio(tokens_P, right_P).tolist() if right_P.any() else []
