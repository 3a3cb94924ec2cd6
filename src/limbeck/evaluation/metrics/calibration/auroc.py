"""Whether confidence tells right samples from wrong ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limbeck.evaluation._samples import flat, known, shares
from limbeck.ranks import ranks
from limbeck.records import Problem, Trace

UNIT = "score"


def auroc(problem: Problem, traces: list[Trace], *, score: str = "confidence") -> tuple[float, ...] | None:
    """Chance that a right sample is surer than a wrong one, over the samples of all problems; equal ones
    count one half.

    Args:
        score: a name in ``trace.scores``, from 0 to 1; samples without it, and those that are neither right
            nor wrong, are left out.

    Returns:
        Confidence and whether it is right of each of a problem's samples; None where it has none.
    """
    return known(traces, score) or None


def combine(parts: Sequence[tuple[float, ...]]) -> list[float]:
    """A problem's share in the chance, of which the mean is the chance; none where all are right or none
    is."""
    sure_N, right_N, problem_N = flat(parts)
    right = right_N > 0
    n, good = len(right), int(right.sum())
    if not 0 < good < n:
        return []
    # Of right samples the share of wrong ones below, of wrong ones that of right ones above: half of either.
    rank_N, within_N = ranks(sure_N), np.empty(n)
    within_N[right], within_N[~right] = ranks(sure_N[right]), ranks(sure_N[~right])
    lower_N = rank_N - within_N
    share_N = np.where(right, lower_N / (n - good) / good, (good - lower_N) / good / (n - good)) / 2
    return shares(share_N * n, problem_N, len(parts))
