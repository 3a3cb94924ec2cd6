"""Ranks of numbers, equal ones sharing theirs, and the correlation of ranks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Numbers = Sequence[float] | np.ndarray[Any, Any]


def ranks(values: Numbers) -> np.ndarray[Any, Any]:
    """Each number's place among all from the smallest on, counted from 1; equal ones have the mean of
    theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: np.ndarray[Any, Any] = counts.cumsum() - (counts - 1) / 2
    return means[inverse]


def rank_correlation(left: Numbers, right: Numbers) -> float:
    """Spearman's rho; 0 where either side does not vary."""
    x, y = ranks(left) if len(left) else np.zeros(0), ranks(right) if len(right) else np.zeros(0)
    if len(x) < 2 or not np.ptp(x) or not np.ptp(y):
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])
