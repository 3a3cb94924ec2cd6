"""A matrix rounded or emptied column by column, where the columns to come make up for what is lost.

With the Gram matrix ``H`` of a layer's inputs, a change ``D`` of its weights costs ``tr(D H D')`` in its
outputs. Once a column is fixed, the best change of the columns that are not is told by the inverse of ``H``
(optimal brain surgeon; GPTQ, arXiv 2210.17323, eq. 2; SparseGPT, arXiv 2301.00774, algorithm 1).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from limbeck.networks.compressing import WHOLE, scale_of

DAMPING = 0.01
"""Share of the mean of H's diagonal that is added to it: inputs that are always 0 have no inverse."""
BLOCK = 128
"""Columns whose compensation of those behind them is put off until all of them are fixed."""
Pattern = tuple[int, int]
"""``(zeros, of)``: so many of each so many neighbours are emptied; ``(0, 0)`` for no pattern."""
Fix = Callable[[Tensor, int], Tensor]
"""A column ``weight_O`` and its place in its block, to what it is fixed at."""
Rule = Callable[[Tensor, Tensor], Fix]
"""Made for each block from its weights as they are by then and the diagonal of the inverse's root."""


def gptq(weight_OI: Tensor, gram_II: Tensor, bits: int, group: int = 0) -> Tensor:
    """Weights rounded as in `limbeck.networks.compressing.rounded`, each column's error made up for.

    A group's levels are told by its weights when its turn comes, after what they have made up for.
    """
    if bits >= WHOLE:
        return weight_OI

    def rule(block_OC: Tensor, _: Tensor) -> Fix:
        scale_O = scale_of(block_OC, bits)[:, 0]
        most = 2 ** (bits - 1) - 1
        # What has made up for others may have grown beyond the largest level.
        return lambda column_O, at: (column_O / scale_O).round().clamp(-most, most) * scale_O

    return compensated(weight_OI, gram_II, rule, group or weight_OI.shape[1])


def sparsegpt(weight_OI: Tensor, gram_II: Tensor, share: float, pattern: Pattern = (0, 0)) -> Tensor:
    """The weights whose loss costs least, ``w² / [H⁻¹]``, set to 0, each column's loss made up for.

    Args:
        share: of each block of 128 columns that is emptied, over all outputs; a pattern goes before it.
    """

    def rule(block_OC: Tensor, root_C: Tensor) -> Fix:
        keep_OC = ~least(block_OC.square() / root_C.square(), share, pattern, rows=False)
        return lambda column_O, at: column_O * keep_OC[:, at]

    # Patterns end where blocks do.
    return compensated(weight_OI, gram_II, rule, BLOCK - BLOCK % (pattern[1] or 1))


def wanda(weight_OI: Tensor, gram_II: Tensor, share: float, pattern: Pattern = (0, 0)) -> Tensor:
    """The least ``|w| · ‖x‖`` of each output set to 0, nothing made up for (arXiv 2306.11695, eq. 1)."""
    norm_I = gram_II.diagonal().clamp(min=0).sqrt().to(weight_OI.dtype)
    if not norm_I.any():  # nothing came: then size alone tells
        norm_I = torch.ones_like(norm_I)
    return weight_OI.masked_fill(least(weight_OI.abs() * norm_I, share, pattern, rows=True), 0)


def least(score_OI: Tensor, share: float, pattern: Pattern, rows: bool) -> Tensor:
    """Where the least scores are: a ``share`` of each row or of all, or so many of each so many neighbours.

    What is left behind the last whole group of a pattern stays.
    """
    mask_OI = torch.zeros_like(score_OI, dtype=torch.bool)
    zeros, of = pattern
    if of:
        whole = score_OI.shape[1] - score_OI.shape[1] % of
        groups = score_OI[:, :whole].unflatten(1, (-1, of))
        inside = torch.zeros_like(groups, dtype=torch.bool)
        inside.scatter_(-1, groups.topk(zeros, dim=-1, largest=False).indices, True)
        mask_OI[:, :whole] = inside.flatten(1)
        return mask_OI
    flat = score_OI if rows else score_OI.reshape(1, -1)
    places = flat.topk(int(share * flat.shape[1]), dim=-1, largest=False).indices
    return mask_OI.view(flat.shape).scatter(-1, places, True).view_as(mask_OI)


def compensated(weight_OI: Tensor, gram_II: Tensor, rule: Rule, size: int) -> Tensor:
    """Columns fixed by a rule from the first to the last, in blocks of ``size``; in double precision."""
    upper_II = root_of_inverse(gram_II)
    left_OI, width = weight_OI.double().clone(), weight_OI.shape[1]
    silent_I = gram_II.diagonal() == 0
    if not silent_I.all():
        # A column whose inputs are always 0 can be anything: at 0 it does not stretch the levels of its
        # group. A layer that nothing came to (an expert that was never asked) is only not known.
        left_OI[:, silent_I] = 0
    for start in range(0, width, size):
        stop = min(start + size, width)
        fix = rule(left_OI[:, start:stop], upper_II.diagonal()[start:stop])
        error_OC = torch.zeros_like(left_OI[:, start:stop])
        for at in range(start, stop):
            fixed_O = fix(left_OI[:, at], at - start)
            error_OC[:, at - start] = (left_OI[:, at] - fixed_O) / upper_II[at, at]
            left_OI[:, at] = fixed_O
            left_OI[:, at + 1 : stop] -= torch.outer(error_OC[:, at - start], upper_II[at, at + 1 : stop])
        left_OI[:, stop:] -= error_OC @ upper_II[start:stop, stop:]
    return left_OI.to(weight_OI.dtype)


def root_of_inverse(gram_II: Tensor) -> Tensor:
    """Upper ``U`` with ``U' U = (H + damping)⁻¹``. Its row at ``i`` is that of the inverse of what is left of
    H from ``i`` on, over the root of its first entry."""
    damped_II = gram_II.double().clone()
    mean = damped_II.diagonal().mean()
    damped_II.diagonal().add_(DAMPING * mean if mean > 0 else 1.0)
    inverse_II = torch.cholesky_inverse(torch.linalg.cholesky(damped_II))
    upper_II: Tensor = torch.linalg.cholesky(inverse_II, upper=True)
    return upper_II
