"""Gates led to the attention that they stand beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError
from limbeck.objectives.ops import Loss, Signal, token_mean
from limbeck.types import Share

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy

NEEDS = ("traces", "states")


def block_gates(batch: Batch, policy: Policy, signal: Signal, *, skip: Share = 0.5) -> Loss:
    """KL(attention || gate) over the blocks behind each query's own, summed over layers (SeerAttention-R,
    arXiv 2506.08889).

    Attention is taken at its largest in a block and over the heads that share keys, then made to sum to 1.
    The mean is over heads and trained tokens.

    Args:
        skip: first share of each trace's tokens that teach nothing: early queries have few blocks behind
            them, and the paper's code computes on the later half.

    Returns:
        The sum in nats; metric ``divergence``, its mean.

    Raises:
        LimbeckError: the student has no gates (``adapt: block_gates``).
    """
    import torch

    gap_N = getattr(policy, "divergence_N", None)
    if gap_N is None:
        raise LimbeckError("objectives/block_gates: the student has no gates (adapt: block_gates)")
    rows = len(batch.ids)
    count_B = torch.bincount(batch.row_N, minlength=rows)
    first_B = count_B.cumsum(0) - count_B  # tokens of a row lie side by side
    place_N = torch.arange(len(gap_N), device=gap_N.device) - first_B[batch.row_N]
    late_N = (place_N >= skip * count_B[batch.row_N]).to(batch.token_weight_N.dtype)
    late = batch.reweighted(batch.token_weight_N * late_N)
    mean = token_mean(gap_N.detach(), late)
    return token_mean(gap_N, late, {"divergence": (mean.sum, mean.count)})
