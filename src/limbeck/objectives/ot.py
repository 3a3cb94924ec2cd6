"""Hidden states of two models with different tokenizers, matched by optimal transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from limbeck.objectives._align import profile_distance, sinkhorn
from limbeck.objectives._features import completion_states, cosine_cost
from limbeck.objectives.ops import Loss, Signal, row_mean

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.training.batch import Batch
    from limbeck.training.policy import Policy, Sizes

NEEDS = ("traces", "teacher_text", "hidden")


def build(student: Sizes, teacher: Sizes, **params: object) -> Any:
    """Projections of the student's embeddings and last states to the teacher's width."""
    from torch import nn

    return nn.ModuleList([nn.Linear(student.width, teacher.width) for _ in range(2)])


def ot(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    alpha: float = 0.5,
    logits: float = 1.0,
    transport: float = 1.0,
    epsilon: float = 0.05,
    steps: int = 50,
    pairing: Literal["index", "characters", "edits"] = "index",
) -> Loss:
    """Cross-entropy, sorted logits and transport of embeddings and last states (CoT2Align, arXiv 2502.16806).

    ``(1-alpha) CE + alpha (logits * ULD + transport * OT)``. OT is, at the embedding layer and the last one, the cost
    ``Σ T (1 - cos)`` of the cheapest entropic plan between the student's projected states and the teacher's over the
    completion, uniform masses; lengths may differ. This aligns a chain of thought with itself told in the teacher's
    tokens. The paper's second term, an answer alone against the chain, wants two texts per problem, which rows lack.

    Returns:
        The sum over traces; metrics ``logp``, ``profile`` and ``transport``.
    """
    assert signal.other is not None, "the trainer supplies what NEEDS asks for"
    assert policy.extra is not None, "the trainer makes what build asks for"
    cost_B = policy.mean_B.new_zeros(len(batch.ids))
    for layer, project in zip((0, -1), policy.extra.children(), strict=True):
        ours = completion_states(policy.layers[layer], batch)
        theirs = completion_states(signal.layers[layer], signal.other)
        cost_B = cost_B + _transported(project(ours), theirs, batch, signal.other, epsilon, steps) / 2
    gap_B = profile_distance(batch, policy, signal, pairing)
    count = batch.weight_B.sum()
    metrics = {
        name: ((batch.weight_B * values.detach()).sum(), count)
        for name, values in (("logp", policy.mean_B), ("profile", gap_B), ("transport", cost_B))
    }
    return row_mean(alpha * (logits * gap_B + transport * cost_B) - (1 - alpha) * policy.mean_B, batch, metrics)


def _transported(ours: Tensor, theirs: Tensor, batch: Batch, other: Batch, epsilon: float, steps: int) -> Tensor:
    """``[B]``: each row's transport cost."""
    import torch

    costs = []
    for row in range(len(batch.ids)):
        cost = cosine_cost(ours[batch.row_N == row], theirs[other.row_N == row].to(ours.dtype))
        costs.append((sinkhorn(cost, epsilon, steps) * cost).sum())
    return torch.stack(costs)
