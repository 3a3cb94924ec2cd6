"""Whether two families of scores rise and fall together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limbeck.records import Problem, Trace

UNIT = "score"


def score_correlation(
    problem: Problem, traces: list[Trace], *, of: str = "lens", against: str = "written", only: str = ""
) -> tuple[float, ...] | None:
    """Correlation (Pearson's r) of ``scores["lens/X"]`` and ``scores["written/X"]``, over all traces of all
    problems and all X that both have.

    Args:
        of, against: what stands before the ``/``.
        only: one X.

    Returns:
        Both scores, one behind the other, of each trace and X of a problem; None where it has none.
    """
    numbers: list[float] = []
    for trace in traces:
        for name, value in trace.scores.items():
            other = trace.scores.get(f"{against}/{name.removeprefix(f'{of}/')}")
            if name.startswith(f"{of}/{only}") and other is not None and only in ("", name[len(of) + 1 :]):
                numbers += [value, other]
    return tuple(numbers) or None


def combine(parts: Sequence[tuple[float, ...]]) -> list[float]:
    """A problem's share in r, of which the mean is r; 0 where one side never varies."""
    pairs = np.array([number for each in parts for number in each], dtype=float).reshape(-1, 2)
    spread = pairs.std(0)
    if not spread.all():
        return [0.0] * len(parts)
    products = ((pairs - pairs.mean(0)) / spread).prod(1) * len(parts) / len(pairs)
    stops = np.cumsum([len(each) // 2 for each in parts])[:-1]
    return [float(each.sum()) for each in np.split(products, stops)]
