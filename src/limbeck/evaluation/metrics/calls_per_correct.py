"""How many calls of a model a right answer takes."""

from __future__ import annotations

from collections.abc import Sequence

from limbeck.evaluation import ops
from limbeck.evaluation._samples import flat
from limbeck.evaluation._shares import ratio
from limbeck.records import Problem, Trace

UNIT = "calls"


def calls_per_correct(problem: Problem, traces: list[Trace]) -> tuple[float, float] | None:
    """All calls over the number of right answers, of all problems together: the inverse of accuracy per call.

    A sample's calls are ``scores["calls"]``, as decoding strategies count them, and one where none counted.

    Returns:
        Mean calls and share right of the problem's samples.
    """
    asked = ops.mean(trace.scores.get("calls", 1.0) for trace in traces)
    right = ops.mean(trace.outcome == "correct" for trace in traces)
    return None if asked is None or right is None else (asked, right)


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """Numbers whose mean is the ratio; none where no sample is right."""
    calls_P, right_P, _ = flat(parts)
    return ratio(calls_P, right_P).tolist() if right_P.any() else []
