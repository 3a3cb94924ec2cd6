"""Learn a right rationale, and tell it from one's own wrong one by the state it leaves behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives.features._features import last_states
from limbeck.objectives.ops import Loss, Signal, row_mean

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive, Weight


def needs(*, contrast: float = 0.5, margin: float = 1.0) -> tuple[str, ...]:
    """Company for each trace, and states, unless nothing is compared."""
    return ("traces", "triplets", "states") if contrast else ("traces",)


def self_reflection(
    batch: Batch, policy: Policy, signal: Signal, *, contrast: Weight = 0.5, margin: Positive = 1.0
) -> Loss:
    """Cross-entropy plus a triplet loss of last hidden states (Learn-to-Reason, arXiv 2310.13332).

    Of a rationale ``a``, another right one ``p`` and the student's own wrong one ``n``, each read behind the
    question to its last token: ``L = L_LM(a) + contrast * max(0, margin - cos(a, p) + cos(a, n))``, where
    ``L_LM`` is the mean over a's tokens. Where ``a`` is the only right one, ``cos(a, p)`` is 1; where there
    is no wrong one, ``L_LM`` is all.

    Args:
        contrast: weight of the triplet loss. At 0 ``L_LM`` is all, and right traces alone are read.

    Returns:
        The sum over right traces in nats; metrics ``logp``, and ``gap``, the mean of
        ``cos(a, p) - cos(a, n)`` where there is a wrong one.
    """
    if not contrast:
        logp = (batch.weight_B * policy.mean_B.detach()).sum()
        return row_mean(-policy.mean_B, batch, {"logp": (logp, batch.weight_B.sum())})
    count = len(batch.ids) // 3
    near_B, far_B = cosines(last_states(policy.layers[-1], batch))
    weight_B, rival_B = batch.weight_B[:count], batch.values["rival"][:count]
    logp_B, gap_B = policy.mean_B[:count], near_B - far_B
    loss_B = -logp_B + contrast * rival_B * (margin - gap_B).clamp(min=0)
    total, compared_B = weight_B.sum(), weight_B * rival_B
    metrics = {
        "logp": ((weight_B * logp_B).sum().detach(), total),
        "gap": ((compared_B * gap_B).sum().detach(), compared_B.sum()),
    }
    return Loss((weight_B * loss_B).sum(), total, metrics)


def cosines(states_BD: Tensor) -> tuple[Tensor, Tensor]:
    """``cos(a, p)`` and ``cos(a, n)`` of states of which the first third are anchors, then positives, then
    negatives."""
    from torch.nn.functional import cosine_similarity

    anchor, positive, negative = states_BD.chunk(3)
    return cosine_similarity(anchor, positive, dim=-1), cosine_similarity(anchor, negative, dim=-1)
