"""What measures a filter by its marks share: precision, recall and F1 for the class of what is good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from limbeck.evaluation._shares import ratio
from limbeck.evaluation.ops import wilson
from limbeck.records import Result

DRAWS = 2000


Pair = tuple[np.ndarray, np.ndarray]
"""What is counted and among what, record by record."""


def measured(
    valid_N: np.ndarray, kept_N: np.ndarray, kinds: Sequence[str], common: dict[str, Any], of: str, seed: int
) -> tuple[list[Result], dict[str, np.ndarray]]:
    """The rows of a filter, and for each measure a value per record whose mean it is.

    Args:
        valid_N: which records are good.
        kept_N: which bear no mark.
        kinds: the defect of each, empty for none.
        common: what all rows have: model, benchmark, seeds, unit.
        of: what the records are, for the words on intervals.
    """
    shares = _shares(valid_N, kept_N) | _caught(kinds, kept_N)
    f1 = (2.0 * (valid_N & kept_N), 1.0 * kept_N + valid_N)
    pairs = {"f1": f1, **{name: pair for name, pair in shares.items() if name != "base"}}
    scores = {metric: values for metric, pair in pairs.items() if not np.isnan(values := ratio(*pair)).any()}
    return _rows(shares, f1, common, of, seed), scores


def _shares(valid_N: np.ndarray, kept_N: np.ndarray) -> dict[str, Pair]:
    """Every share but those of single defects."""
    all_N = np.ones_like(kept_N)
    hits_N = valid_N & kept_N
    return {
        "precision": (hits_N, kept_N),
        "recall": (hits_N, valid_N),
        "kept": (kept_N, all_N),
        "base": (valid_N, all_N),
    }


def _caught(kinds: Sequence[str], kept_N: np.ndarray) -> dict[str, Pair]:
    """For each kind of defect what has it, and what of that is marked."""
    caught = {}
    for defect in sorted({*kinds} - {""}):
        have_N = np.array([kind == defect for kind in kinds])
        caught[f"caught/{defect}"] = (have_N & ~kept_N, have_N)
    return caught


def _rows(shares: dict[str, Pair], f1: Pair, common: dict[str, Any], of: str, seed: int) -> list[Result]:
    """The numbers with their intervals, where there is anything to count."""
    results = []
    for metric, (above_N, under_N) in shares.items():
        if n := int(under_N.sum()):
            low, high = wilson(int(above_N.sum()), n)
            value, how = float(above_N.sum() / n), f"Wilson over {of}"
            results.append(
                Result(**common, metric=metric, value=value, low=low, high=high, n=n, samples=n, interval=how)
            )
    if f1[1].sum():
        low, high = _interval(*f1, seed)
        value, n, how = float(f1[0].sum() / f1[1].sum()), len(f1[0]), f"bootstrap over {of}"
        results.append(
            Result(**common, metric="f1", value=value, low=low, high=high, n=n, samples=n, interval=how)
        )
    return results


def _interval(above_N: np.ndarray, under_N: np.ndarray, seed: int) -> tuple[float, float]:
    """95% of a ratio of sums over draws of records."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(max(len(above_N) - 1, 1), np.full(len(above_N), 1 / len(above_N)), size=DRAWS)
    low, high = np.nanquantile((weights @ above_N) / np.maximum(weights @ under_N, 1e-12), [0.025, 0.975])
    return float(low), float(high)
