"""Tapered off-policy REINFORCE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.objectives._traces import author_logp, author_needs, both_logps, student_logp
from limbeck.objectives.ops import Loss, Signal, row_mean, row_sum

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Finite

NEEDS = ("traces", "rewards")


def needs(behaviour: str = "sampled", **params: object) -> tuple[str, ...]:
    """Log-probabilities of whoever counts as the traces' author."""
    return author_needs(behaviour)


def topr(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    baseline: Finite = 0.5,
    behaviour: Literal["sampled", "scored", "reference"] = "sampled",
) -> Loss:
    """Tapered off-policy REINFORCE: good traces as they are, bad ones while likely (arXiv 2503.14286).

    With advantage ``A = reward - baseline`` and ``ρ``, the completion's probability under the student over
    that under its author, the gradient is ``-A ∇log π`` where ``A ≥ 0`` and ``-A min(ρ, 1) ∇log π`` where
    ``A < 0``. The loss is the function that has it: ``-A log ρ``, but ``-A (ρ - 1)`` where ``A < 0`` and
    ``ρ < 1``, which is bounded below. The importance ratio ``ρ`` is that of the whole sequence.

    Args:
        baseline: reward at which a trace is neither learned nor unlearned; with rewards 1 and 0, the higher
            it is the more wrong traces count. 0 is SFT on right traces.
        behaviour: who counts as author: the policy whose log-probabilities were ``sampled`` along with a
            rollout, the teacher that has ``scored`` stored traces of its own, or the ``reference``, the start
            model.

    Returns:
        The sum over traces; metrics ``ratio`` (mean of ``min(ρ, 1)``), ``logp_right``, ``logp_wrong``.
    """
    now_B = row_sum(student_logp(policy, behaviour), batch)
    log_ratio_B = now_B - row_sum(author_logp(batch, policy, signal, behaviour), batch)
    advantage_B = batch.values["reward"] - baseline
    # Above 0 the exponential is not used, but it would overflow and spoil the gradient.
    below_B = log_ratio_B.clamp(max=0)
    tapered_B = log_ratio_B.where((advantage_B >= 0) | (log_ratio_B > 0), below_B.expm1())
    ratio = (batch.weight_B * below_B.detach().exp()).sum()
    metrics = {"ratio": (ratio, batch.weight_B.sum()), **both_logps(batch, policy)}
    return row_mean(-advantage_B * tapered_B, batch, metrics)
