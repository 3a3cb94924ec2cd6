"""A student whose weights, activations or cache have few bits."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from limbeck.pipeline.context import Context
from limbeck.students.compress._folder import changed
from limbeck.types import Checkpoint, CountOrNone

ADDED = ("group", "activations", "cache")

Bits = Annotated[int, Meta(ge=2, le=16)]


def rounded(
    *,
    student: Checkpoint,
    bits: Bits = 4,
    group: CountOrNone = 0,
    activations: Bits = 16,
    cache: Bits = 16,
    ctx: Context,
) -> Checkpoint:
    """Round the weights of a model's linear layers to ``2 ** bits - 1`` values for each output, symmetric
    around 0.

    Rounding to nearest, without calibration: the plainest quantisation, and what others are held against. The
    scale of an output, or of a group of its inputs, is its largest weight. Embeddings and the output head
    stay as they are. The rounded values are kept in the model's own type, so that the folder opens everywhere
    and is as large as before; what is measured is what the bits cost in accuracy.

    Activations and caches are rounded while the model runs, each token's on its own, so that no sample
    depends on its batch: the inputs of the linear layers evenly around 0, keys and values (behind their
    rotation) between the least and the largest of each head. The folder says so in ``rounding.json``, which
    Limbeck's models read; such a student is for sampling and cannot be trained on.

    Args:
        student: a model's folder, or the stage that made it.
        bits: of a weight, its sign included; 16 leaves it as it is, here and below.
        group: neighbouring inputs of an output that share a scale, 0 for all of them.
        activations: bits of what comes into a linear layer.
        cache: bits of a key's or a value's number.

    Returns:
        ``ctx.dir/model``.

    Raises:
        LimbeckError: the model cannot be opened, or keeps no keys and values where they are to be rounded.
    """

    def change(model: Any) -> str:
        from limbeck.networks.compressing import quantise
        from limbeck.networks.rounding import check

        check(model, cache)
        total = sum(each.numel() for each in model.parameters())
        return f"{quantise(model, bits, group):,} of {total:,} weights have {bits} bits"

    return changed(student, ctx, change, activations=activations, cache=cache)
