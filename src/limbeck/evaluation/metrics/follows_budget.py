"""Whether traces are as long as they were asked to be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limbeck.records import Problem, Trace
from limbeck.texts.steps import By, Cutting, steps_of

UNIT = "score"


def follows_budget(
    problem: Problem, traces: list[Trace], *, by: By = "auto", separator: str = ""
) -> tuple[float, float]:
    """Correlation (Pearson's r) over problems of the steps that were asked for and the steps that were
    written.

    Returns:
        The means over a problem's traces of ``params["budget"]``, 0 where they name none, and of the steps of
        their reasoning, cut as `limbeck.texts.steps` does.
    """
    cutting = Cutting(by=by, separator=separator)
    asked = np.mean([float(trace.params.get("budget") or 0) for trace in traces])
    return float(asked), float(np.mean([len(steps_of(trace, cutting)[1]) for trace in traces]))


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """A problem's share in r, of which the mean is r: the product of how many standard deviations either
    number lies from its mean; 0 where one of them never varies."""
    pairs = np.array(parts, dtype=float)
    spread = pairs.std(0)
    if not spread.all():
        return [0.0] * len(pairs)
    shares: list[float] = ((pairs - pairs.mean(0)) / spread).prod(1).tolist()
    return shares
