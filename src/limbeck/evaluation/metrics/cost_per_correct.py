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
        Mean cost and share right of the problem; None where its tokens were not counted by role.
    """
    paid = ops.mean(usd(trace, prices) for trace in traces)
    right = ops.mean(trace.outcome == "correct" for trace in traces)
    return None if paid is None or right is None else (paid, right)


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """Each problem's cost over the share right of all: their mean is exact. Infinite where none is right."""
    share = sum(right for _, right in parts) / len(parts)
    return [paid / share if share else float("inf") for paid, _ in parts]
