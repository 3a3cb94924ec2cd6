"""Simple preference optimisation: length-normalised, without a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives.ops import Loss, Signal, minus_log_sigmoid, pair_loss, split

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive, Weight

NEEDS = ("pairs",)


def simpo(batch: Batch, policy: Policy, signal: Signal, *, beta: Positive = 2.0, gamma: Weight = 1.0) -> Loss:
    """Simple preference optimisation: length-normalised, without a reference (arXiv 2405.14734).

    ``-log σ(beta [m(y+) - m(y-)] - gamma)``, ``m`` the mean log-probability per completion token.

    Args:
        beta: scale of the margin.
        gamma: target margin, in units of the scaled margin, as in the paper. The authors' code takes
            ``gamma_beta_ratio``, which is ``gamma / beta``.

    Returns:
        The sum over pairs in nats; metrics as in `pair_loss`, margin ``m(y+) - m(y-)``.
    """
    chosen_P, rejected_P = split(policy.mean_B)
    margin_P = chosen_P - rejected_P
    return pair_loss(batch, policy, minus_log_sigmoid(beta * margin_P - gamma), margin_P.detach())
