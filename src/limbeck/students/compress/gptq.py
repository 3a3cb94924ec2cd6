"""A student whose weights have few bits, each rounding made up for by the weights to come."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from limbeck.pipeline.context import Context
from limbeck.students.compress._folder import Calibration, changed, read
from limbeck.types import Checkpoint, CountOrNone, Shards

Bits = Annotated[int, Meta(ge=2, le=16)]


def gptq(
    data: Shards,
    *,
    student: Checkpoint,
    bits: Bits = 4,
    group: CountOrNone = 0,
    calibration: Calibration = Calibration(),
    seed: int = 0,
    ctx: Context,
) -> Checkpoint:
    """Round a model's linear layers column by column, so that its outputs on given traces change least (GPTQ,
    arXiv 2210.17323).

    The levels are those of `students/rounded`. Once a column of a matrix is rounded, the columns behind it
    make up for the error, as the inputs' Gram matrix over the traces tells (algorithm 1; columns in their own
    order). Blocks are changed one after another, each by what the changed ones before it hand on. Calibrate
    on traces that the model itself has written (arXiv 2504.04823): generic text moves other
    inputs.

    Args:
        data: traces without a mark.
        bits: of a weight, its sign included; 16 leaves it as it is.
        group: neighbouring inputs of an output that share a scale, 0 for all of them.
        seed: of random text.

    Returns:
        ``ctx.dir/model``, plain weights as of `students/rounded`.

    Raises:
        LimbeckError: the model cannot be opened, or no trace gives tokens.
    """

    def change(model: Any) -> str:
        from limbeck.networks import compensating
        from limbeck.networks.calibrating import calibrate

        rows = read(data, student, calibration, seed)
        count = calibrate(model, rows, lambda w_OI, gram_II: compensating.gptq(w_OI, gram_II, bits, group))
        tokens = sum(int(real_BT.sum()) for _, real_BT in rows)
        return f"{count:,} weights have {bits} bits, calibrated on {tokens:,} tokens"

    return changed(student, ctx, change)
