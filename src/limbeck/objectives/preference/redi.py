"""REDI: learn from wrong traces too, but push them away less than right ones are pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives.ops import Loss, Signal, pair_loss, split

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Share

NEEDS = ("pairs",)


def redi(batch: Batch, policy: Policy, signal: Signal, *, alpha: Share = 0.8) -> Loss:
    """Asymmetric reinforcement distillation: mean over pairs of ``-m(y+) + alpha * m(y-)`` (arXiv
    2505.24850).

    ``m`` is the mean log-probability per completion token, end of turn included. There is no reference model
    and no sigmoid, so the objective has no floor for ``alpha > 0``: the learning rate's decay and clipping
    hold it.

    Args:
        alpha: weight of the wrong trace. 0 is SFT on the chosen traces, 1 is symmetric and collapses easily.

    Returns:
        The sum over pairs in nats; metrics as in `pair_loss`, margin ``m(y+) - m(y-)``.
    """
    chosen_P, rejected_P = split(policy.mean_B)
    return pair_loss(batch, policy, alpha * rejected_P - chosen_P, (chosen_P - rejected_P).detach())
