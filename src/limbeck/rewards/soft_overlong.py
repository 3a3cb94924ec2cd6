"""Right or wrong, less a penalty that grows over the last tokens of the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.errors import LimbeckError
from limbeck.rewards.ops import LEFT_OUT, Group, correct, length
from limbeck.types import Verifier

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext


def soft_overlong(
    groups: list[Group],
    context: RolloutContext | None = None,
    *,
    verifier: Verifier,
    longest: int,
    margin: int,
    right: float = 1.0,
    wrong: float = -1.0,
    drop_alike: bool = True,
) -> list[list[float]]:
    """Right or wrong, less a penalty that grows over the last tokens of the budget (DAPO, arXiv 2503.14476).

    Up to ``longest - margin`` tokens nothing is taken off, from there linearly more, 1 at ``longest`` and
    beyond (eq. 13). Groups whose traces are all right or all wrong are left out, which is the filter of the
    paper's dynamic sampling; here no others are drawn in their place.

    Args:
        longest: tokens of the whole budget.
        margin: its last tokens, over which the penalty grows (the paper's cache).
        drop_alike: without it such groups stay, and length alone tells their traces apart.

    Raises:
        LimbeckError: a margin that is not within the budget.
    """
    _check(longest, margin)
    rewards = []
    for group, marks in zip(groups, correct(groups, verifier), strict=True):
        alike = drop_alike and len({good for good in marks if good is not None}) < 2
        row = []
        for trace, good in zip(group.traces, marks, strict=True):
            over = min(max(length(trace) - (longest - margin), 0) / margin, 1.0)
            row.append(LEFT_OUT if alike or good is None else (right if good else wrong) - over)
        rewards.append(row)
    return rewards


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    _check(given["longest"], given["margin"])


def _check(longest: int, margin: int) -> None:
    if not 0 < margin <= longest:
        raise LimbeckError(f"soft_overlong: margin={margin} must be above 0 and at most longest={longest}")
