"""Answers that give each of several items its own label, rewarded as a whole or item by item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.rewards.ops import Group

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext

WAS = "rewards/assigned"


def item_labels(
    groups: list[Group],
    context: RolloutContext | None = None,
    *,
    per: Literal["batch", "item"] = "batch",
    separator: str = "",
    malformed: float = -1.0,
) -> list[list[float]]:
    """All items right or nothing, or the share of right items (Cell-o1, arXiv 2506.02911).

    Args:
        per: ``batch`` gives 1 only where every item is right, ``item`` the share of right ones.
        separator: between labels; empty: every character is one.
        malformed: for an answer with another number of labels than the reference, empty or cut off.
    """
    rewards = []
    for group in groups:
        wanted = labels(group.problem.answer or "", separator)
        row = []
        for trace in group.traces:
            given = labels(trace.answer, separator)
            if trace.finish == "length" or not trace.answer.strip() or len(given) != len(wanted):
                row.append(malformed)
            else:
                share = sum(a == b for a, b in zip(given, wanted, strict=True)) / max(1, len(wanted))
                row.append(float(share == 1) if per == "batch" else share)
        rewards.append(row)
    return rewards


def labels(answer: str, separator: str) -> list[str]:
    """An answer's labels, without space and case around them."""
    parts = answer.split(separator) if separator else answer.strip()
    return [part.strip().casefold() for part in parts]
