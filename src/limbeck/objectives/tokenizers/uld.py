"""Universal logit distillation: compare how sure two models are, whatever their vocabularies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.objectives.ops import Loss, Signal, row_mean
from limbeck.objectives.tokenizers._align import profile_distance

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive, Weight

NEEDS = ("traces", "teacher_text")


def uld(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    weight: Weight = 1.5,
    temperature: Positive = 1.0,
    pairing: Literal["index", "characters", "edits"] = "index",
    shuffled: bool = False,
) -> Loss:
    """Cross-entropy plus the distance of sorted distributions, over any two vocabularies (ULD, arXiv
    2402.12030).

    Per pair of tokens ``Σ_i |p_(i) - q_(i)|``, both sorted, the smaller vocabulary padded with zeros: twice
    the transport cost between ranks. Averaged over a trace's pairs, then over traces; end tokens have no part
    in it.

    Args:
        weight: the paper's λ.
        pairing: the paper pairs tokens by ``index``, which compares different text once the two cut it
            differently; ``characters`` pairs those before which both have read the same.
        shuffled: give each token the teacher's distribution at another: the control.

    Returns:
        The sum over traces; metrics ``logp`` (per token) and ``profile``, the distance.
    """
    gap_B = profile_distance(batch, policy, signal, pairing, temperature, shuffled)
    count = batch.weight_B.sum()
    metrics = {
        "logp": ((batch.weight_B * policy.mean_B.detach()).sum(), count),
        "profile": ((batch.weight_B * gap_B.detach()).sum(), count),
    }
    return row_mean(weight * gap_B - policy.mean_B, batch, metrics)
