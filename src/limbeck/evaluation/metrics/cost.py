"""What an answer costs that several models made."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.evaluation._prices import usd
from limbeck.records import Problem, Trace

UNIT = "USD"


def cost(
    problem: Problem, traces: list[Trace], *, prices: dict[str, tuple[float, float]], role: str = ""
) -> float | None:
    """Mean cost of a sample in USD: prompt and written tokens of each model at its prices.

    Samples whose tokens were not counted by role (`limbeck.generation.Completion.spent`, as of
    `decoding/decomposed`) are left out.

    Args:
        prices: USD per million prompt tokens and per million written ones, by the model's name.
        role: one role's part alone, such as ``decomposer``.
    """
    return ops.mean(usd(trace, prices, role) for trace in traces)
