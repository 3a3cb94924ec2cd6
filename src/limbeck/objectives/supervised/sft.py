"""Supervised fine-tuning: make the teacher's traces likelier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.objectives.ops import Loss, Signal

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy

NEEDS = ("traces",)


def sft(batch: Batch, policy: Policy, signal: Signal, *, per: Literal["token", "sequence"] = "token") -> Loss:
    """Negative log-likelihood of the completion: ``-log π(y|x)``, end of turn included.

    Args:
        per: ``token`` divides by all trained tokens, so long traces weigh more (the field's habit);
            ``sequence`` averages each trace's per-token mean, so every trace weighs the same.

    Returns:
        The sum in nats; metric ``logp``, the per-token mean averaged over traces.
    """
    count = batch.weight_B.sum()
    mean = (batch.weight_B * policy.mean_B).sum()
    metrics = {"logp": (mean.detach(), count)}
    if per == "sequence":
        return Loss(-mean, count, metrics)
    return Loss(-(batch.weight_B * policy.logp_B).sum(), (batch.weight_B * policy.count_B).sum(), metrics)
