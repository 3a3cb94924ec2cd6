"""One number per problem of a measure that is no mean: their mean is the measure, their spread is its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limbeck.ranks import ranks

Array = np.ndarray


def ratio(above_N: Array, under_N: Array) -> Array:
    """``R + (above - R under) / mean(under)`` with ``R = sum(above) / sum(under)``, the linearised ratio.

    The values' mean is ``R``, and the spread of their mean is that of ``R`` to first order (the delta
    method), so that means of them can be compared in pairs as accuracies are. Not a number where ``under`` is
    0 throughout.
    """
    above_N, under_N = np.asarray(above_N, dtype=float), np.asarray(under_N, dtype=float)
    total = under_N.sum()
    if not total:
        return np.full(len(above_N), np.nan)
    share = above_N.sum() / total
    linear: Array = share + (above_N - share * under_N) / under_N.mean()
    return linear


def harmonic(right_N: Array, first_N: Array) -> Array:
    """Linearised harmonic mean of the accuracies within two groups: where ``first`` holds, and where it does
    not.

    Not a number where a group is empty; with both accuracies 0 all values are 0.
    """
    right_N, first_N = np.asarray(right_N, dtype=float), np.asarray(first_N, dtype=bool)
    if first_N.all() or not first_N.any():
        return np.full(len(right_N), np.nan)
    a, b = right_N[first_N].mean(), right_N[~first_N].mean()
    if a + b == 0:
        return np.zeros(len(right_N))
    values = np.full(len(right_N), 2 * a * b / (a + b))
    for group, here, other in ((first_N, a, b), (~first_N, b, a)):
        values[group] += 2 * (other / (a + b)) ** 2 * (right_N[group] - here) / group.mean()
    return values


def rank_shares(parts: Sequence[tuple[float, float]]) -> list[float]:
    """Shares in Spearman's correlation of two numbers of each problem: the product of both ranks in standard
    deviations from their means; 0 where one of them never varies."""
    places = np.stack([ranks(column) for column in np.array(parts, dtype=float).reshape(-1, 2).T], axis=1)
    spread = places.std(0)
    if not len(places) or not spread.all():
        return [0.0] * len(parts)
    shares: list[float] = ((places - places.mean(0)) / spread).prod(1).tolist()
    return shares
