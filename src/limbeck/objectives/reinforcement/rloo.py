"""REINFORCE with a leave-one-out baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives._policy import old_logp, reward_metrics
from limbeck.objectives.ops import Loss, Signal, row_mean, row_sum

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy

NEEDS = ("traces", "rewards")


def rloo(batch: Batch, policy: Policy, signal: Signal, *, normalise: bool = False) -> Loss:
    """REINFORCE with a leave-one-out baseline, whole sequences as one action (arXiv 2402.14740, eq. 8).

    ``-A π/π_old`` with ``A`` the reward minus the mean reward of the problem's other traces; on policy its
    gradient is ``-A ∇log π``. A group of one has no baseline and teaches nothing. The importance ratio is
    that of the whole sequence, unclipped: numeric noise of its tokens adds up in it.

    Args:
        normalise: divide ``A`` by the spread over all traces of the step.

    Returns:
        The sum over traces; metrics ``reward`` and ``flat``.
    """
    size_B = batch.values["group_size"]
    centred_B = batch.values["reward"] - batch.values["group_mean"]
    # Against the others alone: r - (n mean - r) / (n - 1).
    advantage_B = centred_B * size_B / (size_B - 1).clamp(min=1)
    if normalise:
        advantage_B = advantage_B / (batch.values["batch_std"] + 1e-4)
    ratio_B = (
        (row_sum(policy.sampled_logp_N, batch) - row_sum(old_logp(batch, policy), batch)).clamp(max=20).exp()
    )
    return row_mean(-advantage_B * ratio_B, batch, reward_metrics(batch))
