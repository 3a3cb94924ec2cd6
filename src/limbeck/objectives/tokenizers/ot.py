"""Hidden states of two models with different tokenizers, matched by optimal transport."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from limbeck.objectives.features._features import completion_states, cosine_cost
from limbeck.objectives.ops import Loss, Signal, row_mean, split
from limbeck.objectives.tokenizers._align import profile_distance, sinkhorn
from limbeck.types import Count, Positive, Settings, Share, Weight

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy, Sizes


class Plan(Settings, frozen=True):
    """How the cheapest entropic plan is sought."""

    epsilon: Positive = 0.05
    steps: Count = 50


def needs(cross: float = 0.0, **params: object) -> tuple[str, ...]:
    """Single traces; for the cross term pairs of a chain of thought and a bare answer."""
    return ("pairs" if cross else "traces", "teacher_text", "hidden")


def build(student: Sizes, teacher: Sizes, **params: object) -> Any:
    """Projections of the student's embeddings and last states to the teacher's width."""
    from torch import nn

    return nn.ModuleList([nn.Linear(student.width, teacher.width) for _ in range(2)])


def ot(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    alpha: Share = 0.5,
    logits: Weight = 1.0,
    transport: Weight = 1.0,
    cross: Weight = 0.0,
    bare: Weight = 1.0,
    plan: Plan = Plan(),
    pairing: Literal["index", "characters", "edits"] = "index",
) -> Loss:
    """Cross-entropy, sorted logits and transport of embeddings and last states (CoT2Align, arXiv 2502.16806).

    ``(1-alpha) CE + alpha (logits * ULD + transport * OT + cross * CRC)``. OT is, at the embedding layer and
    the last one, the cost ``Σ T (1 - cos)`` of the cheapest entropic plan between the student's projected
    states and the teacher's over the completion, uniform masses; lengths may differ. With ``cross`` it learns
    from pairs whose chosen trace thinks and whose rejected one answers at once (`curation/bare_answers`),
    neither of them wrong: CRC moves the student's states over the bare answer to the teacher's over the chain
    of thought.

    Args:
        bare: weight of the bare answers in all terms but ``cross``.
        epsilon: weight of the plan's entropy; ``steps``: rounds in which its sums are made even.

    Returns:
        The sum over traces, of pairs over pairs; metrics ``logp``, ``profile``, ``transport`` and ``cross``.
    """
    assert signal.other is not None, "the trainer supplies what NEEDS asks for"
    assert policy.extra is not None, "the trainer makes what build asks for"
    transported = partial(_transported, batch=batch, other=signal.other, plan=plan)
    rows = range(len(batch.ids))
    gap_B = profile_distance(batch, policy, signal, pairing)
    cost_B, crossed_P = gap_B.new_zeros(len(rows)), gap_B.new_zeros(batch.pairs)
    for layer, project in zip((0, -1), policy.extra.children(), strict=True):
        ours = project(completion_states(policy.layers[layer], batch))
        theirs = completion_states(signal.layers[layer], signal.other)
        cost_B = cost_B + transported(ours, theirs, zip(rows, rows, strict=True)) / 2
        if cross:
            crossed_P = (
                crossed_P + transported(ours, theirs, zip(rows[batch.pairs :], rows, strict=False)) / 2
            )
    count = batch.weight_B.sum()
    metrics = {}
    for name, values_B in (("logp", policy.mean_B), ("profile", gap_B), ("transport", cost_B)):
        metrics[name] = ((batch.weight_B * values_B.detach()).sum(), count)
    loss_B = alpha * (logits * gap_B + transport * cost_B) - (1 - alpha) * policy.mean_B
    if not cross:
        return row_mean(loss_B, batch, metrics)
    weight_P, _ = split(batch.weight_B)
    chain_P, bare_P = split(loss_B)
    metrics["cross"] = ((weight_P * crossed_P.detach()).sum(), weight_P.sum())
    return Loss(
        (weight_P * (chain_P + bare * bare_P + alpha * cross * crossed_P)).sum(), weight_P.sum(), metrics
    )


def _transported(
    ours: Tensor,
    theirs: Tensor,
    rows: Iterable[tuple[int, int]],
    batch: Batch,
    other: Batch,
    plan: Plan,
) -> Tensor:
    """The transport cost between rows of the student's and of the teacher's states, one number for each two
    rows."""
    import torch

    costs = []
    for row, another in rows:
        cost = cosine_cost(ours[batch.row_N == row], theirs[other.row_N == another].to(ours.dtype))
        costs.append((sinkhorn(cost, plan.epsilon, plan.steps) * cost).sum())
    return torch.stack(costs)
