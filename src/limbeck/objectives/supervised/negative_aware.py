"""Negative-aware fine-tuning: wrong traces as samples of an implicit policy that is what right ones leave
over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.objectives._traces import author_logp, author_needs, both_logps, right, student_logp
from limbeck.objectives.ops import Loss, Signal, token_mean

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive

NEEDS = ("traces", "rewards")
LARGEST = 10.0
"""Largest log-ratio of one token that is told from larger ones."""


def needs(behaviour: str = "sampled", **params: object) -> tuple[str, ...]:
    """Log-probabilities of whoever counts as the traces' author."""
    return author_needs(behaviour)


def negative_aware(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    floor: Positive = 1.0,
    hardness: Literal["none", "linear", "sqrt"] = "linear",
    behaviour: Literal["sampled", "scored", "reference"] = "sampled",
) -> Loss:
    """Negative-aware fine-tuning: likelihood of right traces, and of wrong ones implicitly (arXiv
    2505.18116).

    A problem's author is right with probability ``p``, so what it writes is a mixture: of its right answers,
    which the student is to become, and its wrong ones. With ``ρ`` the student's probability of a token over
    the author's, the loss per token is ``-log ρ`` in a right trace and
    ``-log max((1 - p ρ) / (1 - p), floor)`` in a wrong one; below the floor the gradient is that of the
    unfloored ratio, at the floor's slope. Problems whose traces are all right or all wrong have no such
    mixture and add nothing. The importance ratio ``ρ`` is that of a token.

    Args:
        floor: least value of a wrong trace's term; 1, the authors' choice, never pushes harder for being
            overdue.
        hardness: weight of a problem: ``none`` is 1, ``linear`` is ``1 - p``, the authors' choice, and
            ``sqrt`` is ``sqrt((1 - p) / p)``, with which on-policy gradients are GRPO's.
        behaviour: who counts as author: the policy whose log-probabilities were ``sampled`` along with a
            rollout, the teacher that has ``scored`` stored traces of its own, or the ``reference``, the start
            model.

    Returns:
        The sum over tokens in nats, ``p`` being the share of the problem's traces with a positive reward;
        metrics ``logp_right``, ``logp_wrong``.
    """
    rate_B = batch.values["group_right"]
    mixed_B = (rate_B > 0) & (rate_B < 1)
    rate_B = rate_B.masked_fill(~mixed_B, 0.5)
    weight_B = {"none": rate_B**0, "linear": 1 - rate_B, "sqrt": ((1 - rate_B) / rate_B).sqrt()}[
        hardness
    ] * mixed_B
    log_ratio_N = student_logp(policy, behaviour) - author_logp(batch, policy, signal, behaviour)
    rate_N = rate_B[batch.row_N]
    left_N = (1 - rate_N * log_ratio_N.clamp(max=LARGEST).exp()) / (1 - rate_N)
    floored_N = left_N + (left_N.clamp(min=floor) - left_N).detach()
    loss_N = (-log_ratio_N).where(right(batch)[batch.row_N], -floored_N.log())
    return token_mean(weight_B[batch.row_N] * loss_N, batch, both_logps(batch, policy))
