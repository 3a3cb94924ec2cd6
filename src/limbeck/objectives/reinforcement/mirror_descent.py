"""The squared objective of Kimi k1.5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives._policy import old_logp, reward_metrics
from limbeck.objectives.ops import Loss, Signal, row_mean, row_sum

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive

WAS = "objectives/kimi"
NEEDS = ("traces", "rewards")


def mirror_descent(batch: Batch, policy: Policy, signal: Signal, *, tau: Positive = 0.4) -> Loss:
    """Squared distance from the policy that a KL-bounded reward would have: Kimi k1.5 (arXiv 2501.12599,
    section 2.3).

    ``(r - mean r - tau log(π/π_old))²`` per trace; the group's mean reward stands for ``tau log Z``. Its
    gradient is that of REINFORCE with a baseline, times ``2 tau``, and a pull towards the policy that
    sampled. Its importance ratio is that of the whole sequence, a sum of log-ratios.

    Args:
        tau: strength of that pull.

    Returns:
        The sum over traces; metrics ``reward`` and ``flat``.
    """
    log_ratio_B = row_sum(policy.sampled_logp_N, batch) - row_sum(old_logp(batch, policy), batch)
    gap_B = batch.values["reward"] - batch.values["group_mean"] - tau * log_ratio_B
    return row_mean(gap_B.square(), batch, reward_metrics(batch))
