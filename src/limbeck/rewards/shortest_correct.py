"""The shortest right trace of a group sets the length for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.rewards.ops import LEFT_OUT, Group, correct, length
from limbeck.types import Verifier

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext


def shortest_correct(
    groups: list[Group],
    context: RolloutContext | None = None,
    *,
    verifier: Verifier,
    alpha: float = 2.0,
    beta: float = 0.001,
    fallback: bool = True,
) -> list[list[float]]:
    """``alpha * right - beta * |length - target|``: the group's shortest right trace is the target
    (ShorterBetter).

    ArXiv 2504.21370. Where none is right the target is the group's mean length. The target moves with the
    policy, so that the pressure ends when right answers are equally short.

    Args:
        beta: per token.
        fallback: without it, a group without a right trace is only rewarded for being right, which it is not.
    """
    rewards = []
    for group, marks in zip(groups, correct(groups, verifier), strict=True):
        lengths = [length(trace) for trace in group.traces]
        of_right = [each for each, good in zip(lengths, marks, strict=True) if good]
        weight = beta if of_right or fallback else 0.0
        target = min(of_right) if of_right else sum(lengths) / len(lengths)
        row = []
        for tokens, good in zip(lengths, marks, strict=True):
            row.append(LEFT_OUT if good is None else alpha * good - weight * abs(tokens - target))
        rewards.append(row)
    return rewards
