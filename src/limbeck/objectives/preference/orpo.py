"""Odds ratio preference optimisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives._traces import log_complement
from limbeck.objectives.ops import Loss, Signal, minus_log_sigmoid, pair_loss, split

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Weight

NEEDS = ("pairs",)


def orpo(batch: Batch, policy: Policy, signal: Signal, *, weight: Weight = 0.1) -> Loss:
    """Odds ratio preference optimisation: fine-tuning and preference in one (arXiv 2403.07691, eq. 7).

    ``-m(y+) - weight * log σ(log-odds(y+) - log-odds(y-))``, ``m`` the mean log-probability per completion
    token and ``log-odds(y) = m(y) - log(1 - exp m(y))``. TRL's trainer takes the first term over prompt and
    completion together, as a mean over the batch's tokens; here it is over the completion, and every pair
    weighs the same.

    Args:
        weight: of the odds ratio, the paper's lambda. 0 is SFT on the chosen traces.

    Returns:
        The sum over pairs in nats; metrics as in `pair_loss`, margin the log of the odds ratio.
    """
    odds_P, odds_of_rejected_P = split(policy.mean_B - log_complement(policy.mean_B))
    chosen_P, _ = split(policy.mean_B)
    margin_P = odds_P - odds_of_rejected_P
    return pair_loss(batch, policy, weight * minus_log_sigmoid(margin_P) - chosen_P, margin_P.detach())
