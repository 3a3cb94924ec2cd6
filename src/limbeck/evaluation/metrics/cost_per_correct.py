"""What a right answer costs that several models made."""

from __future__ import annotations

from collections.abc import Sequence

from limbeck.evaluation import ops
from limbeck.evaluation._prices import usd
from limbeck.records import Problem, Trace

UNIT = "USD"


def cost_per_correct(
    problem: Problem, traces: list[Trace], *, prices: dict[str, tuple[float, float]]
) -> tuple[float, float] | None:
    """All that was paid over the number of right answers, in USD (arXiv 2402.15000, section 5).

    Args:
        prices: as of `cost`.

    Returns:
        Mean cost and share right of the problem; None where its tokens were not counted by role. Where no
        answer of a benchmark is right there is no number.
    """
    paid = ops.mean(usd(trace, prices) for trace in traces)
    right = ops.mean(trace.outcome == "correct" for trace in traces)
    return None if paid is None or right is None else (paid, right)


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """Numbers whose mean is the ratio of the means, ``R = paid / right``; none where no answer is right.

    ``R + (paid_i - R right_i) / mean(right)`` has the ratio's spread too, to first order (the delta
    method): an interval counts that other problems would have had another share right.
    """
    paid, right = (sum(column) / len(parts) for column in zip(*parts, strict=True))
    if not right:
        return []
    ratio = paid / right
    return [ratio + (spent - ratio * share) / right for spent, share in parts]
