"""Knowledge distillation with imperfect data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives.divergence._divergences import reverse
from limbeck.objectives.ops import Loss, Signal, token_mean

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Weight

NEEDS = ("traces", "teacher")
VALUES = {"rewritten": "set rollout: rewritten"}


def kid(batch: Batch, policy: Policy, signal: Signal, *, weight: Weight = 1.0) -> Loss:
    """Cross-entropy on stored traces, reverse KL on their rewritten copies (KID, arXiv 2410.11371).

    For `rollouts/rewritten`, whose rows come in twos: as they were (``rewritten`` 0) and with the student's
    mistakes (1). Nothing rewritten leaves reverse-KL distillation with cross-entropy on the same text.

    Args:
        weight: the paper's λ, of the reverse KL.

    Returns:
        The sum in nats over the tokens of stored and rewritten traces, divided by those of the stored ones;
        metrics ``divergence`` and ``logp``, per token of their own rows.
    """
    rewritten_N = batch.values["rewritten"][batch.row_N]
    gap_N = policy.against(signal.teacher, lambda e: reverse(e.student_CM, e.teacher_CM))
    stored = token_mean((1 - rewritten_N) * policy.logp_N, batch)
    copied = token_mean(rewritten_N * gap_N, batch)
    stored_count = token_mean(1 - rewritten_N, batch).sum
    copied_count = token_mean(rewritten_N, batch).sum
    metrics = {
        "divergence": (copied.sum.detach(), copied_count), "logp": (stored.sum.detach(), stored_count),
    }  # fmt: skip
    # A pair's two rows have one length, so half of all tokens are stored ones, whatever micro-batch they are
    # in.
    return Loss(weight * copied.sum - stored.sum, copied.count / 2, metrics)
