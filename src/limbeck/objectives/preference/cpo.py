"""Contrastive preference optimisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.objectives.ops import Loss, Signal, minus_log_sigmoid, pair_loss, split

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive, Weight

NEEDS = ("pairs",)


def cpo(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    beta: Positive = 0.1,
    alpha: Weight = 1.0,
    score: Literal["sum", "mean"] = "sum",
    gamma: Weight = 0.0,
) -> Loss:
    """Contrastive preference optimisation: DPO under a flat reference, plus cloning (arXiv 2401.08417, eq.
    3).

    ``-log σ(beta [s(y+) - s(y-)] - gamma) - alpha * m(y+)``, ``s`` the score and ``m`` the mean
    log-probability per completion token.

    Args:
        beta: scale of the margin.
        alpha: weight of behaviour cloning. It is per token, as in the authors' code, not per sequence as in
            the paper.
        score: ``sum`` of the completion's log-probabilities, or their ``mean``. With ``mean``, ``gamma``
            above 0 and ``alpha`` 0 this is SimPO, with ``alpha`` above 0 CPO-SimPO.
        gamma: target margin, in units of the scaled margin.

    Returns:
        The sum over pairs in nats; metrics as in `pair_loss`, margin ``s(y+) - s(y-)``.
    """
    chosen_P, rejected_P = split(policy.logp_B if score == "sum" else policy.mean_B)
    cloned_P, _ = split(policy.mean_B)
    margin_P = chosen_P - rejected_P
    loss_P = minus_log_sigmoid(beta * margin_P - gamma) - alpha * cloned_P
    return pair_loss(batch, policy, loss_P, margin_P.detach())
