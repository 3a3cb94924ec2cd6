"""Relations between examples: how far apart they are, and in what angles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives.features._features import angles, distances, last_states
from limbeck.objectives.ops import Loss, Signal

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Weight

WAS = "objectives/relations"
NEEDS = ("traces", "hidden")
WHOLE_STEP = True
"""Distances and angles are between traces of one micro-batch."""


def relational(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    distance: Weight = 1.0,
    angle: Weight = 2.0,
    task: Weight = 1.0,
) -> Loss:
    """Cross-entropy plus relational distillation of traces' last states (RKD, arXiv 1904.05068, eq. 5 and 7).

    Huber distance of normalised pairwise distances and of angles in triplets, each over the traces of a
    micro-batch: how it is cut decides which are compared, so give ``max_tokens_per_microbatch`` room for a
    whole step.

    Args:
        distance, angle: weights; the paper has them as one to two.
        task: weight of the cross-entropy, 0 for none.

    Returns:
        The sum over traces; metrics ``logp``, ``distance`` and ``angle``.
    """
    ours, theirs = (last_states(states[-1], batch) for states in (policy.layers, signal.layers))
    apart, turned = rkd_distance(ours, theirs), rkd_angle(ours, theirs)
    count = batch.weight_B.sum()
    logp = (batch.weight_B * policy.mean_B).sum()
    metrics = {
        "logp": (logp.detach(), count), "distance": (apart.detach() * count, count),
        "angle": (turned.detach() * count, count),
    }  # fmt: skip
    return Loss(count * (distance * apart + angle * turned) - task * logp, count, metrics)


def rkd_distance(ours: Tensor, theirs: Tensor) -> Tensor:
    """Mean Huber distance of normalised pairwise distances; unmoved by rotation and scale of either side."""
    from torch.nn.functional import smooth_l1_loss

    goal = distances(theirs).detach().to(ours.dtype)
    return smooth_l1_loss(distances(ours), goal)


def rkd_angle(ours: Tensor, theirs: Tensor) -> Tensor:
    """The same for the cosines of angles in triplets."""
    from torch.nn.functional import smooth_l1_loss

    return smooth_l1_loss(angles(ours), angles(theirs).detach().to(ours.dtype))
