"""Right or wrong, as a verifier says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.rewards.ops import LEFT_OUT, Group, chance, correct
from limbeck.types import Verifier

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext


def verified(
    groups: list[Group],
    context: RolloutContext | None = None,
    *,
    verifier: Verifier,
    right: float = 1.0,
    wrong: float = 0.0,
    truncated: float = 0.0,
    malformed: float = 0.0,
    drop_wrong: float = 0.0,
) -> list[list[float]]:
    """A verifiable reward: so much for a right answer, so much for each way to be without one (RLVR).

    A trace whose verdict is ``unknown`` or ``timeout`` is left out of the step.

    Args:
        truncated: for a trace cut off at the token limit.
        malformed: for one in which no answer was found.
        drop_wrong: probability that a trace with less than ``right`` is left out, which keeps negative
            gradients from tearing down the format (Kimina-Prover, arXiv 2504.11354); decided by the trace's
            id.
    """
    rewards = []
    for group, marks in zip(groups, correct(groups, verifier), strict=True):
        row = []
        for trace, good in zip(group.traces, marks, strict=True):
            value = wrong
            if good:
                value = right
            elif trace.finish == "length":
                value = truncated
            elif trace.outcome == "unparsed":
                value = malformed
            left_out = good is None or (not good and chance(trace) < drop_wrong)
            row.append(LEFT_OUT if left_out else value)
        rewards.append(row)
    return rewards
