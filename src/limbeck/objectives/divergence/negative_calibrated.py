"""Negative-calibrated distillation: the teacher counts most where learning from wrong traces changed its
mind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.networks.events import Events
from limbeck.objectives.ops import Loss, Signal, token_mean

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive, Share, Weight

NEEDS = ("traces", "teacher")
VALUES = {"nat_beta": "put teachers/disagreement with score: nat_beta before the training"}


def negative_calibrated(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    temperature: Positive = 1.0,
    alpha: Share = 0.5,
    offset: Weight = 0.5,
) -> Loss:
    """Distillation weighted by how far a teacher's negative view is from its own: NCE of TDG (arXiv
    2312.12832).

    Per token ``(1 - alpha) * -log q + alpha * T² * (offset + beta) * -Σ p log q`` with the student's ``q``
    and the teacher's ``p`` softened by ``T`` in the second term. ``beta`` of a trace is
    ``scores["nat_beta"]``, in TDG ``tanh`` of the mean over tokens of KL(model of wrong traces || teacher).

    Args:
        temperature: T of the second term; its square keeps gradients on the first one's scale.
        alpha: share of the teacher.
        offset: weight of a trace the two views agree on.

    Returns:
        The sum in nats; metrics ``logp`` and ``soft`` (cross-entropy with the teacher), both per token.
    """
    soft_N = policy.against(signal.teacher, _cross_entropy, temperature)
    share_N = temperature**2 * (offset + batch.values["nat_beta"])[batch.row_N]
    metrics = {}
    for name, values_N in {"logp": policy.logp_N, "soft": soft_N}.items():
        part = token_mean(values_N.detach(), batch)
        metrics[name] = (part.sum, part.count)
    return token_mean(-(1 - alpha) * policy.logp_N + alpha * share_N * soft_N, batch, metrics)


def _cross_entropy(events: Events) -> Tensor:
    """``-Σ p log q``; an event the teacher rules out costs nothing, even if the student rules it out too."""
    p_CM = events.teacher_CM.exp()
    return -(p_CM * events.student_CM.masked_fill(p_CM == 0, 0)).sum(-1)
