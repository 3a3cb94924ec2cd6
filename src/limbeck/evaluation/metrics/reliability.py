"""Right where it answers, and refusing where it would be wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limbeck.records import Problem, Trace

UNIT = "share"


def reliability(problem: Problem, traces: list[Trace]) -> tuple[float, float]:
    """``a + r (1 - r)`` of the shares right (``a``) and refused (``r``, verdict ``unknown``).

    BARREL (arXiv 2505.13529): ``ans * (a + r) + (1 - ans) * a`` where ``ans = 1 - r`` is the share answered.

    Returns:
        ``a`` and ``r`` of the problem.
    """
    right = np.mean([trace.outcome == "correct" for trace in traces])
    refused = np.mean([trace.outcome == "unknown" for trace in traces])
    return float(right), float(refused)


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """A problem's ``a`` plus its ``r`` times the share of all that is answered: their mean is exact."""
    answered = 1 - float(np.mean([refused for _, refused in parts]))
    return [right + refused * answered for right, refused in parts]
