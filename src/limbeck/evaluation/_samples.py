"""Samples of all problems as columns, for metrics that are no mean over problems."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.records import Trace

Array = np.ndarray
DECIDED = {"correct": 1.0, "wrong": 0.0}


def known(traces: Sequence[Trace], score: str) -> tuple[float, ...]:
    """How sure each sample is and whether it is right (1) or wrong (0), one behind the other.

    Samples without the score, and those that are neither right nor wrong, are left out.

    Raises:
        LimbeckError: a score outside of 0 to 1.
    """
    numbers: list[float] = []
    for trace in traces:
        sure, right = trace.scores.get(score), DECIDED.get(trace.outcome)
        if sure is None or right is None or math.isnan(sure):
            continue
        if not 0 <= sure <= 1:
            raise LimbeckError(f"sample {trace.id!r}: {score} is {sure}; a chance lies between 0 and 1")
        numbers += [sure, right]
    return tuple(numbers)


def flat(parts: Sequence[Sequence[float]], width: int = 2) -> tuple[Array, ...]:
    """Columns of rows that lie one behind the other in each part, and of which part each row is."""
    rows = np.array([number for part in parts for number in part], dtype=float).reshape(-1, width)
    return *rows.T, np.repeat(np.arange(len(parts)), [len(part) // width for part in parts])


def shares(value_N: Array, problem_N: Array, problems: int) -> list[float]:
    """A number for each problem whose mean is the mean of ``value_N`` over all samples."""
    sums: list[float] = (np.bincount(problem_N, value_N, problems) * (problems / len(value_N))).tolist()
    return sums
