"""Gates beside a frozen model's attention, to be taught where it looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import LimbeckError
from limbeck.types import Count

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def block_gates(
    model: PreTrainedModel, *, block: Count = 64, size: Count = 128, seed: int = 0
) -> PreTrainedModel:
    """Freeze a model and add gates that learn which blocks of keys a query needs (SeerAttention-R, arXiv
    2506.08889).

    They take no part in what the model says: `objectives/block_gates` teaches them, and
    `decoding/selected_blocks` reads by them. Such a student is kept as the plain model and
    `limbeck.networks.ways.FILE` beside it.

    Args:
        block: positions that are read or left together.
        size: of a gate's queries and keys, an even number.
        seed: of the gates' first weights.

    Raises:
        LimbeckError: an odd size, or an architecture whose layers hold something else than keys and values
            of every position.
    """
    if size % 2:
        raise LimbeckError(f"students/block_gates: size={size}: positions turn pairs of numbers, so be even")
    from limbeck.networks.gates import for_model
    from limbeck.networks.ways import grow

    model.requires_grad_(False)
    grown: PreTrainedModel = grow(model, for_model(model, size, block, seed).to(model.device, model.dtype))
    return grown
