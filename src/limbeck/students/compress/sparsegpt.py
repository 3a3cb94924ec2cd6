"""A student without the weights whose loss the others can make up for best."""

from __future__ import annotations

from typing import Any

from limbeck.pipeline.context import Context
from limbeck.students.compress._folder import Calibration, Named, changed, parsed, read, zeros
from limbeck.types import Checkpoint, Fraction, Shards


def sparsegpt(
    data: Shards,
    *,
    student: Checkpoint,
    share: Fraction = 0.5,
    pattern: Named = "",
    calibration: Calibration = Calibration(),
    seed: int = 0,
    ctx: Context,
) -> Checkpoint:
    """Empty the weights whose loss costs least, and let the columns behind make up for it (SparseGPT, arXiv
    2301.00774).

    Of each 128 columns a share of the weights with the least ``w² / [H⁻¹]`` is set to 0, chosen by what the
    weights are once those before have been made up for (algorithm 1). Blocks are changed one after another,
    each by what the changed ones before it hand on. Embeddings and the output head stay.

    Args:
        data: traces without a mark.
        share: of each matrix's weights that is set to 0.
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
        calibrate(model, rows, lambda w_OI, gram_II: compensating.sparsegpt(w_OI, gram_II, share, form))
        return zeros(model)

    return changed(student, ctx, change)
