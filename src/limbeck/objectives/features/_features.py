"""What objectives on hidden states share: states at the trained tokens, layer maps, relations between
points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch


def wide(states: Tensor) -> Tensor:
    """In at least float32, as an objective's own learned parts are; under an adapter a student's states are
    not."""
    return states.float() if states.element_size() < 4 else states


def completion_states(hidden_BTD: Tensor, batch: Batch) -> Tensor:
    """States at the trained tokens themselves, ``[N, D]``; a token's own state is where it has been read."""
    return wide(hidden_BTD[batch.mask_BT])


def last_states(hidden_BTD: Tensor, batch: Batch) -> Tensor:
    """The state of each row's last trained token, ``[B, D]``."""
    import torch

    positions = torch.arange(batch.mask_BT.shape[1], device=batch.mask_BT.device)
    last_B = (batch.mask_BT * positions).argmax(1)
    return wide(hidden_BTD[torch.arange(len(last_B), device=last_B.device), last_B])


def layer_map(student: int, teacher: int, layers: tuple[int, ...] = ()) -> list[tuple[int, int]]:
    """Which layer of the student learns from which of the teacher, counted from 1: evenly, or the student's
    named ones.

    Raises:
        LimbeckError: a layer that the student does not have.
    """
    for layer in layers:
        if not 1 <= layer <= student:
            raise LimbeckError(f"layers={list(layers)}: the student has layers 1 to {student}")
    return [(layer, max(1, round(layer * teacher / student))) for layer in (layers or range(1, student + 1))]


def cosine_cost(ours: Tensor, theirs: Tensor) -> Tensor:
    """``1 - cos`` of all pairs, ``[n, m]``."""
    from torch.nn.functional import normalize

    return 1 - normalize(ours, dim=-1) @ normalize(theirs, dim=-1).T


def distances(points: Tensor) -> Tensor:
    """Pairwise distances over their mean, ``[B, B]`` with zeros on the diagonal: scale and rotation drop
    out."""
    squares = (points[:, None] - points).square().sum(-1)
    # The root has no gradient at 0, where the diagonal is.
    apart = squares.clamp(min=1e-12).sqrt() * (squares > 1e-12)
    count = (squares > 1e-12).sum().clamp(min=1)
    return apart / (apart.sum() / count).clamp(min=1e-12)


def angles(points: Tensor) -> Tensor:
    """Cosines of the angles at ``j`` between ``i`` and ``k``, ``[B(j), B(i), B(k)]``."""
    from torch.nn.functional import normalize

    toward = normalize(points - points[:, None], dim=-1)
    return toward @ toward.transpose(1, 2)
