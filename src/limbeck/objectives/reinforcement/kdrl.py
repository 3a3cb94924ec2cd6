"""Imitation and reward in one on-policy loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.errors import unknown
from limbeck.objectives._policy import (
    Clip,
    advantages,
    averaged,
    kl_estimate,
    log_ratio,
    mean_of,
    reward_metrics,
    surrogate,
)
from limbeck.objectives.ops import Loss, Signal

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Finite, Weight

ADDED = ("dual_clip",)
NEEDS = ("traces", "rewards", "teacher_logp")


def kdrl(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    beta: Weight = 2e-3,
    end: Finite = -1.0,
    mask: Literal["none", "wrong", "group"] = "none",
    trust: Clip = Clip(),
    std: Literal["group", "batch", "none"] = "group",
    estimator: Literal["k1", "k2", "k3"] = "k2",
) -> Loss:
    """GRPO plus the reverse KL to a teacher on the same tokens (KDRL, arXiv 2506.02208).

    The KL is estimated from the teacher's log-probability of each token by ``k2``, half the squared gap,
    whose gradient on policy is the reverse KL's. (``k1``, backpropagated, has none in expectation.)
    Importance ratios are those of tokens.

    Args:
        beta: weight of the KL; with ``end`` it goes there in a straight line over the training (negative:
            constant).
        mask: keep the KL to ``wrong`` traces, or to the traces of ``group``s without a right one; a reward of
            0 or less is wrong.
        clip_low, clip_high, dual_clip: as those of ``grpo``.

    Returns:
        The sum over tokens; metrics ``reward``, ``flat`` and ``kl``, the estimate on all tokens.
    """
    assert signal.teacher_N is not None, "the trainer supplies what NEEDS asks for"
    weight = beta if end < 0 else beta + (end - beta) * signal.progress
    reward_N = surrogate(
        log_ratio(batch, policy, "token"),
        advantages(batch, std)[batch.row_N],
        trust.clip_low,
        trust.clip_high,
        trust.dual_clip,
    )
    gap_N = kl_estimate(policy.logp_N, signal.teacher_N, estimator)
    metrics = {**reward_metrics(batch), "kl": mean_of(gap_N, batch)}
    return averaged(reward_N + weight * gap_N * _kept(batch, mask)[batch.row_N], batch, "token", 0, metrics)


def _kept(batch: Batch, mask: str) -> Tensor:
    """``[B]``: which traces imitate."""
    if mask not in ("none", "wrong", "group"):
        raise unknown("mask", mask, ("none", "wrong", "group"), "mask")
    reward_B = batch.values["reward"]
    if mask == "none":
        return reward_B.new_ones(len(reward_B))
    judged_B = reward_B if mask == "wrong" else batch.values["group_best"]
    return (judged_B <= 0).to(reward_B.dtype)
