"""Preference on what differs, and the likelihood of what is preferred: DPO with SFT beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from limbeck.objectives.ops import Loss, Signal, minus_log_sigmoid, pair_loss, row_sum, split

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive, Weight

NEEDS = ("pairs", "reference")


def dpo_sft(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    beta: Positive = 0.1,
    smoothing: Annotated[float, Meta(ge=0, lt=0.5)] = 0.1,
    sft: Weight = 1.0,
) -> Loss:
    """Conservative DPO on the diverging part, joined with SFT on the chosen chain (arXiv 2503.01461, section
    4).

    ``-(1 - e) log σ(beta d) - e log σ(-beta d) - sft * m(y+)``: ``d`` is the difference of log-ratios to the
    reference over the tokens behind the prefix that both rows share, ``e`` the probability that a pair is
    labelled the wrong way round (conservative DPO, Mitchell 2023), which bounds the margin at
    ``log((1 - e)/e) / beta`` however long the rejected chain; ``m`` the chosen chain's mean log-probability
    per token, shared prefix and all.

    The shared prefix has the same log-probability in both rows, so masking it changes no sum but for rounding
    and dropout; with ``smoothing: 0, sft: 0`` this is DPO.

    Args:
        beta: strength of the pull towards the reference, the student as it stood before training.
        smoothing: the e above, below 0.5.
        sft: weight of SFT, the paper's lambda: it keeps the chosen chain from becoming unlikelier.

    Returns:
        The sum over pairs in nats; metrics as in `pair_loss`, margin ``d``, and ``shared``, the share of
        chosen tokens that the rejected row begins with too.
    """
    assert signal.reference_N is not None, "the trainer supplies what NEEDS asks for"
    apart_N = diverging(batch)
    ratio_N = (policy.logp_N - signal.reference_N) * apart_N
    chosen_P, rejected_P = split(row_sum(ratio_N, batch))
    margin_P = chosen_P - rejected_P
    mean_P, _ = split(policy.mean_B)
    loss_P = (1 - smoothing) * minus_log_sigmoid(beta * margin_P) - sft * mean_P
    if smoothing:
        loss_P = loss_P + smoothing * minus_log_sigmoid(-beta * margin_P)
    loss = pair_loss(batch, policy, loss_P, margin_P.detach())
    shared_P, _ = split(row_sum(1 - apart_N, batch))
    weight_P, _ = split(batch.weight_B)
    count_P, _ = split(batch.count_B)
    loss.metrics["shared"] = ((weight_P * shared_P).sum(), (weight_P * count_P).sum())
    return loss


def diverging(batch: Batch) -> Tensor:
    """``[N]``: 1 for completion tokens behind the prefix that a pair's two rows share, 0 for those in it."""
    import torch

    counts_B = torch.bincount(batch.row_N, minlength=len(batch.ids))
    first_B = counts_B.cumsum(0) - counts_B
    place_N = torch.arange(len(batch.row_N), device=batch.row_N.device) - first_B[batch.row_N]
    width = int(counts_B.max())
    tokens_BT = batch.target_N.new_full((len(batch.ids), width), -1)
    tokens_BT[batch.row_N, place_N] = batch.target_N
    chosen_PT, rejected_PT = tokens_BT.chunk(2)
    # Padding equals padding, but stands behind the end of a row and so behind every token of it.
    shared_P = (chosen_PT == rejected_PT).long().cumprod(1).sum(1)
    return (place_N >= shared_P.repeat(2)[batch.row_N]).to(torch.float32)
