"""What objectives on rewards share: advantages, the clipped surrogate, estimates of a KL from single
tokens."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from limbeck.errors import unknown
from limbeck.objectives.ops import Loss, Sum, row_mean, row_sum, token_mean
from limbeck.types import Positive, PositiveShare, Ratio, Settings

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy

TINY = 1e-4
"""Added to a spread before dividing by it."""


def advantages(batch: Batch, std: str) -> Tensor:
    """``[B]``: the reward minus its group's mean, over the group's or the batch's spread, or as it is
    (``none``)."""
    if std not in ("group", "batch", "none"):
        raise unknown("spread", std, ("group", "batch", "none"), "std")
    centred_B = batch.values["reward"] - batch.values["group_mean"]
    return centred_B if std == "none" else centred_B / (batch.values[f"{std}_std"] + TINY)


def old_logp(batch: Batch, policy: Policy) -> Tensor:
    """``[N]``: log-probabilities when the traces were sampled, at the temperature of sampling; where that is
    not known, those of now."""
    now_N = policy.sampled_logp_N.detach()
    then_N = batch.columns.get("logp", now_N)
    return then_N.where(then_N.isfinite(), now_N)  # a token that two have chosen between them has none


def log_ratio(batch: Batch, policy: Policy, importance: str) -> Tensor:
    """``[N]``: log-ratio of now to then, per token, or their mean over the sequence (GSPO, arXiv 2507.18071).

    Both are at the temperature of sampling, as TRL has them: only so is the ratio 1 on policy and the
    gradient that of what was sampled. What ``top_p`` cuts off is not taken into account.

    The sequence's ratio has each token's gradient at equal parts, so that the same surrogate serves both.
    """
    if importance not in ("token", "sequence"):
        raise unknown("ratio", importance, ("token", "sequence"), "importance")
    ratio_N = policy.sampled_logp_N - old_logp(batch, policy)
    if importance == "token":
        return ratio_N
    count_B = batch.count_B.clamp(min=1e-9)
    return (row_sum(ratio_N, batch) / count_B)[batch.row_N]


class Clip(Settings, frozen=True):
    """How far the policy may go from the one that sampled, before a token no longer counts.

    Args:
        dual_clip: largest ratio where the advantage is below 0, see `surrogate`; none unless it is set.
    """

    clip_low: PositiveShare = 0.2
    clip_high: Positive = 0.2
    dual_clip: Ratio | None = None


def surrogate(
    ratio_N: Tensor, advantage_N: Tensor, low: float, high: float, dual: float | None = None
) -> Tensor:
    """``-min(r A, clip(r, 1 - low, 1 + high) A)`` per token, of log-ratios (PPO, arXiv 1707.06347, eq. 7).

    Where ``A < 0`` this grows with ``r`` without end: a token that has become much likelier since it was
    sampled outweighs all others. ``dual`` bounds it by ``-dual A``, beyond which there is no gradient
    (dual-clip PPO, arXiv 1912.09729, eq. 5, with 3). Neither GRPO's paper nor KDRL's has the bound, and where
    each set of rollouts is used for one step ``r`` is 1, so it is for whoever asks for it.
    """
    import torch

    if dual is not None:
        ratio_N = torch.where(advantage_N < 0, ratio_N.clamp(max=math.log(dual)), ratio_N)
    r_N = ratio_N.exp()
    return -torch.minimum(r_N * advantage_N, r_N.clamp(1 - low, 1 + high) * advantage_N)


def kl_estimate(logp_N: Tensor, other_N: Tensor, kind: str) -> Tensor:
    """An estimate of KL(policy || other) from the tokens the policy wrote (Schulman, 2020), per token.

    ``k1`` is ``log π - log other``: unbiased as a number, but its gradient is zero in expectation. ``k2`` is
    half its square: its gradient is that of the KL. ``k3`` is ``other/π - 1 - log other/π``: unbiased, never
    negative, its gradient is that of the forward KL.
    """
    gap_N = logp_N - other_N
    if kind == "k1":
        return gap_N
    if kind == "k2":
        return gap_N.square() / 2
    if kind == "k3":
        return (-gap_N).expm1() + gap_N
    raise unknown("estimator", kind, ("k1", "k2", "k3"), "kl")


def averaged(loss_N: Tensor, batch: Batch, per: str, longest: int, metrics: dict[str, Sum]) -> Loss:
    """Tokens' losses as one: over all ``token``s, over each ``sequence`` first, or over a ``constant``
    length.

    A constant length does not favour short right answers nor long wrong ones (Dr. GRPO, arXiv 2503.20783).
    """
    if per == "token":
        return token_mean(loss_N, batch, metrics)
    total_B = row_sum(loss_N, batch)
    if per == "sequence":
        return row_mean(total_B / batch.count_B.clamp(min=1e-9), batch, metrics)
    if per == "constant":
        return row_mean(total_B / longest, batch, metrics)
    raise unknown("average", per, ("token", "sequence", "constant"), "per")


def reward_metrics(batch: Batch) -> dict[str, Sum]:
    """``reward``, its mean, and ``flat``, the share of traces whose group has no spread and so teaches
    nothing."""
    weight_B = batch.weight_B
    flat_B = (batch.values["group_std"] == 0).to(weight_B.dtype)
    return {
        "reward": ((weight_B * batch.values["reward"]).sum(), weight_B.sum()),
        "flat": ((weight_B * flat_B).sum(), weight_B.sum()),
    }


def mean_of(values_N: Tensor, batch: Batch) -> Sum:
    """A metric: the weighted mean over tokens."""
    part = token_mean(values_N.detach(), batch)
    return part.sum, part.count
