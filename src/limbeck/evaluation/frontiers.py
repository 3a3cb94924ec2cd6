"""Accuracy against tokens: which of several models is worth its length, and how much ground all cover."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.records import Result
from limbeck.units import shown

Array = np.ndarray
COLUMNS = ("accuracy", "mean_tokens", "eta", "overthinking", "underthinking", "excess", "on_front")
"""What a table of efficiency tells of every model; ``boundary`` too where problems have a level."""


def on_front(accuracy_A: Array, tokens_A: Array) -> Array:
    """Which models no other beats: none is as accurate with fewer tokens, or more accurate with no more."""
    accuracy_A, tokens_A = np.asarray(accuracy_A, dtype=float), np.asarray(tokens_A, dtype=float)
    no_worse = (accuracy_A[None] >= accuracy_A[:, None]) & (tokens_A[None] <= tokens_A[:, None])
    better = (accuracy_A[None] > accuracy_A[:, None]) | (tokens_A[None] < tokens_A[:, None])
    front: Array = np.logical_not(np.any(no_worse & better, axis=1))
    return front


def area(accuracy_A: Array, tokens_A: Array, most: float = 0.0) -> float:
    """Area under the front as a share: the mean, over budgets from 0 to ``most`` tokens, of the accuracy of
    the best model within the budget, 0 where none is.

    Args:
        most: largest budget; 0 takes that of the longest model. Areas are comparable at the same one.
    """
    order = np.argsort(tokens_A, kind="stable")
    tokens_A, accuracy_A = np.asarray(tokens_A, float)[order], np.asarray(accuracy_A, float)[order]
    most = most or float(tokens_A[-1])
    if most <= 0:
        return 0.0
    edges = np.append(np.minimum(tokens_A, most), most)
    best = np.maximum.accumulate(accuracy_A)
    return float((np.diff(edges) * best).sum() / most)


def boundary(accuracy_L: Array, threshold: float) -> int:
    """How many levels, from the easiest on, are solved with an accuracy of at least ``threshold``, up to the
    first that is not: the reasoning boundary (arXiv 2504.10903, section 6)."""
    missed = np.flatnonzero(~(np.asarray(accuracy_L, dtype=float) >= threshold))
    return int(missed[0]) if len(missed) else len(accuracy_L)


def table(results: Sequence[Result], columns: Sequence[str] = COLUMNS) -> str:
    """The columns of every model as Markdown.

    Raises:
        LimbeckError: a model without a column, or whose accuracy has no interval: a claim of efficiency
            says what it costs in accuracy, and how sure that is.
    """
    models = list(dict.fromkeys(row.model for row in results))
    cells = {(row.model, row.metric): row for row in results}
    lines = [f"| model | {' | '.join(columns)} |", f"|---{'|---' * len(columns)}|"]
    for model in models:
        lacking = [column for column in columns if (model, column) not in cells]
        if lacking:
            raise LimbeckError(f"table of efficiency: {model!r} has no {', '.join(lacking)}")
        rows = [cells[model, column] for column in columns]
        bare = [row for row in rows if row.metric == "accuracy" and (row.low is None or row.high is None)]
        if bare:
            raise LimbeckError(f"table of efficiency: the accuracy of {model!r} has no interval")
        told = [shown(row.value, row.unit, row.low, row.high) for row in rows]
        lines.append(f"| {model} | {' | '.join(told)} |")
    return "\n".join(lines)
