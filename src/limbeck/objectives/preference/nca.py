"""Noise-contrastive alignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives.ops import Loss, Signal, minus_log_sigmoid, pair_loss, split

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive

NEEDS = ("pairs", "reference")


def nca(batch: Batch, policy: Policy, signal: Signal, *, beta: Positive = 0.1) -> Loss:
    """Noise-contrastive alignment: each trace told from the reference's own samples (arXiv 2402.05369, K =
    2).

    ``-log σ(r+) - ½ log σ(-r+) - ½ log σ(-r-)``, ``r`` being ``beta`` times a completion's log-ratio to the
    reference. Where DPO pays for the difference alone, this holds ``r+`` itself above 0, so chosen traces do
    not grow unlikely.

    Args:
        beta: strength of the pull towards the reference.

    Returns:
        The sum over pairs in nats; metrics as in `pair_loss`, margin the difference of log-ratios.
    """
    assert signal.reference_B is not None, "the trainer supplies what NEEDS asks for"
    ratio_B = policy.logp_B - signal.reference_B
    chosen_P, rejected_P = split(ratio_B)
    noise_P, other_noise_P = split(minus_log_sigmoid(-beta * ratio_B))
    loss_P = minus_log_sigmoid(beta * chosen_P) + (noise_P + other_noise_P) / 2
    return pair_loss(batch, policy, loss_P, (chosen_P - rejected_P).detach())
