"""Clipped policy improvement on stored traces, with a ratio per trace and an anchor of supervised ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives._policy import surrogate
from limbeck.objectives._traces import both_logps, per_token
from limbeck.objectives.ops import Loss, Signal, row_mean

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive, Weight

NEEDS = ("traces", "rewards", "reference")


def clipped_offline(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    clip: Positive = 0.2,
    sft: Weight = 0.15,
    anchor: str = "anchor",
) -> Loss:
    """Offline reinforcement with a clipped ratio per trace, and likelihood of anchor traces (SPC, arXiv
    2504.19162).

    ``-min(ρ R, clip(ρ, 1 - clip, 1 + clip) R)`` of each trace, ``ρ = exp(mean logp - mean reference logp)``
    over its tokens, an importance ratio of the sequence as a mean per token; the start model stands for
    whoever sampled. A trace whose score ``anchor`` is above 0 adds ``-sft * mean logp`` in its place, so that
    what supervised training taught is not forgotten.

    Args:
        clip: a trace is left alone once its ratio has moved so far in its reward's direction.
        sft: weight of an anchor trace against a rewarded one. The paper averages either kind by itself; over
            one common count the kinds weigh as many as there are of each.
        anchor: name of the score; where not every trace of a batch has it none is an anchor.

    Returns:
        The sum over traces; metrics ``ratio`` (mean over rewarded traces), ``clipped`` (share of them that no
        longer move), ``logp_right``, ``logp_wrong``.
    """
    assert signal.reference_N is not None, "the trainer supplies what NEEDS asks for"
    reward_B = batch.values["reward"]
    anchored_B = batch.values.get(anchor, reward_B.new_zeros(len(batch.ids))) > 0
    log_ratio_B = policy.mean_B - per_token(signal.reference_N, batch)
    loss_B = surrogate(log_ratio_B, reward_B, clip, clip).where(~anchored_B, -sft * policy.mean_B)
    ratio_B, weight_B = log_ratio_B.detach().exp(), batch.weight_B * ~anchored_B
    clipped_B = ((ratio_B > 1 + clip) & (reward_B > 0)) | ((ratio_B < 1 - clip) & (reward_B < 0))
    metrics = {
        "ratio": ((weight_B * ratio_B).sum(), weight_B.sum()),
        "clipped": ((weight_B * clipped_B).sum(), weight_B.sum()),
        **both_logps(batch, policy),
    }
    return row_mean(loss_B, batch, metrics)
