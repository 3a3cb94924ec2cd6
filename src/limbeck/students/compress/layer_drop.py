"""A student without the blocks that change least."""

from __future__ import annotations

from typing import Any

from limbeck.pipeline.context import Context
from limbeck.students.compress._folder import Calibration, changed, read
from limbeck.types import Checkpoint, Count, Shards


def layer_drop(
    data: Shards,
    *,
    student: Checkpoint,
    layers: Count = 1,
    calibration: Calibration = Calibration(),
    seed: int = 0,
    ctx: Context,
) -> Checkpoint:
    """Take out the blocks that turn the states on given traces least (ShortGPT, arXiv 2403.03853).

    A block's influence is 1 less the mean cosine of a token's states before and behind it, all measured once,
    on the whole model. The folder is an ordinary one with fewer layers.

    Args:
        data: traces without a mark.
        layers: how many blocks go.
        seed: of random text.

    Returns:
        ``ctx.dir/model``.

    Raises:
        LimbeckError: no block would stay, the model cannot be opened, or no trace gives tokens.
    """

    def change(model: Any) -> str:
        from limbeck.networks.calibrating import influence
        from limbeck.networks.compressing import drop

        weights = influence(model, read(data, student, calibration, seed))
        gone = drop(model, sorted(range(len(weights)), key=weights.__getitem__)[:layers])
        told = ", ".join(f"{at} ({weights[at]:.3f})" for at in gone)
        return f"without the blocks {told} of {len(weights)}; in brackets their influence"

    return changed(student, ctx, change)
