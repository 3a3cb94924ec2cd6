"""Whether samples have more steps where more was asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from limbeck.evaluation._shares import rank_shares
from limbeck.records import Problem, Trace
from limbeck.texts.steps import By, Cutting, steps_of

UNIT = "score"


def steps_rise_with(
    problem: Problem, traces: list[Trace], *, field: str, by: By = "auto", separator: str = ""
) -> tuple[float, float] | None:
    """Rank correlation (Spearman's) over problems of the mean number of steps with a number of the problem.

    With the depth that `curation/controlled` asked for, say: ``control_search_depth``.

    Args:
        field: the key of ``meta`` with the number; problems without it are left out.
        by: how the reasoning is cut into steps, as is ``separator`` (`limbeck.texts.steps`).
    """
    number = problem.meta.get(field)
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        return None
    cutting = Cutting(by=by, separator=separator)
    return float(number), float(np.mean([len(steps_of(trace, cutting)[1]) for trace in traces]))


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """A problem's share in the correlation, of which the mean is the correlation."""
    return rank_shares(parts)
