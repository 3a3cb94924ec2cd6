"""A student without its smallest weights."""

from __future__ import annotations

from typing import Any

from limbeck.pipeline.context import Context
from limbeck.students.compress._folder import changed, zeros
from limbeck.types import Checkpoint, Fraction


def magnitude(*, student: Checkpoint, share: Fraction = 0.5, ctx: Context) -> Checkpoint:
    """Empty the smallest weights of each linear layer: pruning that reads no text, and what others are held
    against.

    Args:
        share: of each matrix's weights that is set to 0.

    Returns:
        ``ctx.dir/model``, in which the emptied weights are zeros.

    Raises:
        LimbeckError: the model cannot be opened.
    """

    def change(model: Any) -> str:
        from limbeck.networks.compressing import prune

        prune(model, share)
        return zeros(model)

    return changed(student, ctx, change)
