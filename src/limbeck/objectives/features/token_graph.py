"""A graph of tokens: who is near whom, in the student as in the teacher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from limbeck.objectives.features._features import completion_states
from limbeck.objectives.ops import Loss, Signal

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy, Sizes
    from limbeck.types import Count, Positive, Weight

NEEDS = ("traces", "hidden")
WHOLE_STEP = True
"""Neighbours are tokens of one micro-batch."""


def build(student: Sizes, teacher: Sizes, **params: object) -> Any:
    """A projection of the student's tokens to the teacher's width, for the contrastive term."""
    from torch import nn

    return nn.Linear(student.width, teacher.width)


def token_graph(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    local: Weight = 1.0,
    inner: Weight = 1.0,
    contrast: Weight = 0.1,
    neighbours: Count = 8,
    tokens: Count = 128,
    hot: Positive = 1.0,
    cold: Positive = 0.1,
) -> Loss:
    """Cross-entropy plus token-level relations of last states (TRG, arXiv 2306.12442).

    ``local``: KL of the rows of both neighbour graphs, teacher first. ``inner``: squared difference of the
    matrices ``softmax(F F' / sqrt D)``. ``contrast``: InfoNCE of a student's token with the teacher's same
    one against the others; its temperature goes from ``hot`` to ``cold`` over the training.

    Args:
        neighbours: edges of each token.
        tokens: most tokens of a micro-batch that take part, drawn at random; how a step is cut decides which
            meet.

    Returns:
        The sum over traces; metrics ``logp``, ``local``, ``inner`` and ``contrast``.
    """
    import torch

    assert policy.extra is not None, "the trainer makes what build asks for"
    ours, theirs = (completion_states(states[-1], batch) for states in (policy.layers, signal.layers))
    chosen = torch.randperm(len(ours), device=ours.device)[:tokens]
    ours, theirs = ours[chosen], theirs[chosen].to(ours.dtype)
    temperature = hot + (cold - hot) * signal.progress
    parts = {
        "local": graph_distance(ours, theirs, neighbours), "inner": inner_distance(ours, theirs),
        "contrast": info_nce(policy.extra(ours), theirs, temperature),
    }  # fmt: skip
    count = batch.weight_B.sum()
    logp = (batch.weight_B * policy.mean_B).sum()
    metrics = {name: (value.detach() * count, count) for name, value in parts.items()}
    total = local * parts["local"] + inner * parts["inner"] + contrast * parts["contrast"]
    return Loss(count * total - logp, count, {"logp": (logp.detach(), count), **metrics})


def graph(points: Tensor, places: Tensor) -> Tensor:
    """Log of each token's edges to its neighbours, as shares: nearer ones weigh more, on the scale of all
    distances."""
    squares = (points[:, None] - points[places]).square().sum(-1)
    # The mean distance takes the place of the paper's fixed sigma, so that scale drops out.
    spread = (points[:, None] - points).square().sum(-1).mean().clamp(min=1e-12)
    return (-squares / spread).log_softmax(-1)


def graph_distance(ours: Tensor, theirs: Tensor, neighbours: int) -> Tensor:
    """Mean KL of the teacher's edges to the student's, over the teacher's neighbours; unmoved by rotation and
    scale."""
    import torch

    count = min(neighbours, len(theirs) - 1)
    if count < 1:
        return ours.sum() * 0
    places = torch.cdist(theirs, theirs).fill_diagonal_(torch.inf).topk(count, largest=False).indices
    p = graph(theirs, places).detach()
    return (p.exp() * (p - graph(ours, places))).sum(-1).mean()


def inner_distance(ours: Tensor, theirs: Tensor) -> Tensor:
    """Mean squared difference of the matrices of similarities."""
    mine, goal = ((points @ points.T / points.shape[-1] ** 0.5).softmax(-1) for points in (ours, theirs))
    distance: Tensor = (mine - goal.detach()).square().mean()
    return distance


def info_nce(ours: Tensor, theirs: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of finding the same token among the teacher's."""
    import torch
    from torch.nn.functional import cross_entropy, normalize

    similar = normalize(ours, dim=-1) @ normalize(theirs, dim=-1).T / temperature
    return cross_entropy(similar, torch.arange(len(ours), device=ours.device))
