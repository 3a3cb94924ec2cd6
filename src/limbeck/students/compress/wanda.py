"""A student without the weights that matter least to what comes in."""

from __future__ import annotations

from typing import Any

from limbeck.pipeline.context import Context
from limbeck.students.compress._folder import Calibration, Named, changed, parsed, read, zeros
from limbeck.types import Checkpoint, Fraction, Shards


def wanda(
    data: Shards,
    *,
    student: Checkpoint,
    share: Fraction = 0.5,
    pattern: Named = "",
    calibration: Calibration = Calibration(),
    seed: int = 0,
    ctx: Context,
) -> Checkpoint:
    """Empty the weights of each output whose size times the norm of their input is least (Wanda, arXiv
    2306.11695).

    Blocks are changed one after another, each by what the changed ones before it hand on; nothing is made up
    for. Embeddings and the output head stay.

    Args:
        data: traces without a mark.
        share: of each output's weights that is set to 0.
        pattern: ``2:4`` empties two of each four neighbours, ``4:8`` four of eight, in place of ``share``.
        seed: of random text.

    Returns:
        ``ctx.dir/model``, in which the emptied weights are zeros.

    Raises:
        LimbeckError: the model cannot be opened, or no trace gives tokens.
    """

    def change(model: Any) -> str:
        from limbeck.networks import compensating
        from limbeck.networks.calibrating import calibrate

        rows, form = read(data, student, calibration, seed), parsed(pattern)
        calibrate(model, rows, lambda w_OI, gram_II: compensating.wanda(w_OI, gram_II, share, form))
        return zeros(model)

    return changed(student, ctx, change)
