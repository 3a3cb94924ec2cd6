"""Whether a score, or the length, follows a number that is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from limbeck.ranks import ranks
from limbeck.records import Problem, Trace

UNIT = "score"


def rank_correlation(
    problem: Problem, traces: list[Trace], *, score: str = "", param: str = "", meta: str = ""
) -> tuple[float, ...] | None:
    """Rank correlation (Spearman's), over the traces of all problems, of a score or their length and a number
    that is known.

    Args:
        score: a name in ``trace.scores``; empty for the trace's tokens. Traces without it, or where it is no
            number, are left out.
        param: the number's name in ``trace.params``.
        meta: its name in ``problem.meta``, where it is the problem's.

    Returns:
        Both numbers of each of a problem's traces, one behind the other; None where it has none.
    """
    numbers: list[float] = []
    for trace in traces:
        known = trace.params.get(param) if param else problem.meta.get(meta)
        value = trace.scores.get(score) if score else trace.tokens
        if isinstance(known, int | float) and value is not None and math.isfinite(value):
            numbers += [float(value), float(known)]
    return tuple(numbers) or None


def combine(parts: Sequence[tuple[float, ...]]) -> list[float]:
    """A problem's share in the correlation, of which the mean is the whole; 0 where a number never varies."""
    pairs = np.array([number for each in parts for number in each], dtype=float).reshape(-1, 2)
    ranked = np.stack([ranks(column) for column in pairs.T], axis=1)
    spread = ranked.std(0)
    if not spread.all():
        return [0.0] * len(parts)
    products = ((ranked - ranked.mean(0)) / spread).prod(1) * len(parts) / len(pairs)
    stops = np.cumsum([len(each) // 2 for each in parts])[:-1]
    return [float(each.sum()) for each in np.split(products, stops)]
