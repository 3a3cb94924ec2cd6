"""What scores are worth: ranking by them, ties counted by the mean over their orders, and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

Array = np.ndarray


def hit_at_1(right: Sequence[bool], scores: Sequence[float]) -> float:
    """Chance that the best by score is right, its equals drawn evenly."""
    top = max(scores)
    best = [good for good, score in zip(right, scores, strict=True) if score == top]
    return sum(best) / len(best)


def reciprocal_rank(right: Sequence[bool], scores: Sequence[float]) -> float:
    """Mean of 1 / rank of the first right one over all orders of equals; 0 where none is right.

    Of ``m`` equals behind ``a`` others, ``r`` of them right, the first right one is the ``j``-th with
    probability ``C(m - j, r - 1) / C(m, r)``.
    """
    ahead = 0
    for level in sorted(set(scores), reverse=True):
        group = [good for good, score in zip(right, scores, strict=True) if score == level]
        m, r = len(group), sum(group)
        if r:
            return sum(comb(m - j, r - 1) / comb(m, r) / (ahead + j) for j in range(1, m - r + 2))
        ahead += m
    return 0.0


def below(positives: Sequence[float], negatives: Sequence[float]) -> Array:
    """For each positive the share of negatives that score less, an equal one counting a half; their mean is
    the AUC."""
    sorted_ = np.sort(np.asarray(negatives, dtype=float))
    wanted = np.asarray(positives, dtype=float)
    less = np.searchsorted(sorted_, wanted, "left")
    return (less + np.searchsorted(sorted_, wanted, "right")) / 2 / len(sorted_)


def auc_by_problem(right_N: Array, scores_N: Array, problem_N: Array, problems: int) -> Array:
    """A number for each problem, of which the mean is the AUC and the spread of the mean is the AUC's own;
    ``problem_N`` says whose each sample is. Both sides are there.

    Each right sample says how it stands among wrong ones, each wrong one how it stands among right ones;
    their distances from the AUC are weighted as in the variance of DeLong et al. (1988).
    """
    stands_N = np.empty(len(scores_N))
    stands_N[right_N] = below(scores_N[right_N], scores_N[~right_N])
    stands_N[~right_N] = below(-scores_N[~right_N], -scores_N[right_N])
    auc = stands_N[right_N].mean()
    weight_N = np.where(right_N, 1 / right_N.sum(), 1 / (~right_N).sum())
    by_problem: Array = auc + problems * np.bincount(problem_N, weight_N * (stands_N - auc), problems)
    return by_problem


def weighted_auc(right: Array, scores: Array, weights: Array) -> float:
    """The AUC of weighted samples; not a number where one side has no weight."""
    levels, at = np.unique(scores, return_inverse=True)
    good = np.bincount(at, weights * right, len(levels))
    bad = np.bincount(at, weights * ~right, len(levels))
    total = good.sum() * bad.sum()
    return float((good * (bad.cumsum() - bad / 2)).sum() / total) if total else float("nan")


def calibration_error(right: Array, scores: Array, weights: Array, bins: int = 10) -> float:
    """Mean distance of a bin's scores from its share of right ones, weighted (ECE, Guo et al., arXiv
    1706.04599)."""
    at = np.minimum((scores * bins).astype(int), bins - 1)
    gap = np.bincount(at, weights * (scores - right), bins)
    return float(np.abs(gap).sum() / weights.sum()) if weights.sum() else 0.0
