"""Quality-guided contrastive distillation: the easiest right trace of a problem, and wrong ones up to a
margin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives._traces import both_logps, right
from limbeck.objectives.ops import Loss, Signal

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive, Weight

NEEDS = ("traces", "rewards")
WHOLE_STEP = True
"""The easiest trace is sought among those of one micro-batch."""


def qcrd(batch: Batch, policy: Policy, signal: Signal, *, beta: Weight = 0.2, margin: Positive = 3.0) -> Loss:
    """Contrastive distillation weighted by quality: best positive, margin-clipped negatives (QCRD, arXiv
    2405.13014).

    With ``c`` a trace's cross-entropy per token: ``D * min c`` over a problem's right traces, and for each
    wrong one ``beta * (1 - D) * max(margin - c, 0)``, which stops pushing at ``c = margin``. This is the
    paper's loss of rationales; that of labels is another task's.

    ``D`` is ``scores["quality"]``, 0 to 1, of a discriminator; without, right traces have 1 and wrong ones 0.
    The minimum is over those of a problem's right traces that share a micro-batch, so it wants several
    rollouts of each problem and micro-batches that hold them; with one trace each, all right ones count.

    Args:
        beta: weight of wrong traces.
        margin: nats per token beyond which a wrong trace is unlikely enough.

    Returns:
        The sum over easiest right and all wrong traces in nats; metrics ``active`` (share of wrong traces
        within the margin), ``logp_right``, ``logp_wrong``.
    """
    right_B, cost_B = right(batch), -policy.mean_B
    quality_B = batch.values.get("quality", right_B.to(cost_B.dtype))
    best_B = _easiest(cost_B.detach(), right_B, batch.values["group"])
    wrong_B = batch.weight_B * ~right_B
    loss_B = best_B * quality_B * cost_B + ~right_B * beta * (1 - quality_B) * (margin - cost_B).clamp(min=0)
    active = (wrong_B * (cost_B < margin)).sum()
    metrics = {"active": (active, wrong_B.sum()), **both_logps(batch, policy)}
    return Loss((batch.weight_B * loss_B).sum(), (batch.weight_B * (best_B | ~right_B)).sum(), metrics)


def _easiest(cost_B: Tensor, right_B: Tensor, group_B: Tensor) -> Tensor:
    """Which rows are the right one of least cost in their group; of equals the first."""
    import torch

    among_BB = (group_B[:, None] == group_B) & right_B
    least_B = cost_B.where(among_BB, torch.inf).argmin(1)
    return right_B & (least_B == torch.arange(len(cost_B), device=cost_B.device))
