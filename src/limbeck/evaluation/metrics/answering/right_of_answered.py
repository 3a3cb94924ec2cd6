"""How often an attempt is right."""

from __future__ import annotations

from collections.abc import Sequence

from limbeck.evaluation._samples import flat
from limbeck.evaluation._shares import ratio
from limbeck.records import Problem, Trace

UNIT = "share"


def right_of_answered(problem: Problem, traces: list[Trace]) -> tuple[float, float]:
    """Right samples over right and wrong ones, of all problems together, each counting alike: who does not
    know and says so loses nothing.

    Returns:
        A problem's shares of right samples and of right or wrong ones.
    """
    right = sum(trace.outcome == "correct" for trace in traces)
    wrong = sum(trace.outcome == "wrong" for trace in traces)
    return right / len(traces), (right + wrong) / len(traces)


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """Numbers whose mean is the ratio; none where nothing was answered."""
    right_P, answered_P, _ = flat(parts)
    return ratio(right_P, answered_P).tolist() if answered_P.any() else []
