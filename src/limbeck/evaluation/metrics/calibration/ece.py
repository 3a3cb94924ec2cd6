"""Whether what is said to be sure by nine in ten is right in nine of ten."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limbeck.evaluation._samples import flat, known, shares
from limbeck.records import Problem, Trace
from limbeck.types import Count

UNIT = "share"


def ece(
    problem: Problem, traces: list[Trace], *, score: str = "confidence", bins: Count = 10
) -> tuple[float, ...] | None:
    """Expected calibration error over the samples of all problems: ``Σ_b n_b/N |right_b − confidence_b|``.

    Guo et al. 2017 (arXiv 1706.04599), eq. 3, with bins of equal width. With few samples a bin errs by chance
    alone, so that the error of a model without one is above 0.

    Args:
        score: a name in ``trace.scores``, from 0 to 1; samples without it, and those that are neither right
            nor wrong, are left out.
        bins: how many.

    Returns:
        The number of bins, then confidence and whether it is right of each of a problem's samples; None where
        it has none.
    """
    pairs = known(traces, score)
    return (1 / bins, *pairs) if pairs else None


def combine(parts: Sequence[tuple[float, ...]]) -> list[float]:
    """A problem's share in the error, of which the mean is the error: each sample's gap with its bin's
    sign."""
    bins = round(1 / parts[0][0])
    sure_N, right_N, problem_N = flat([each[1:] for each in parts])
    gap_N, bin_N = right_N - sure_N, np.minimum((sure_N * bins).astype(int), bins - 1)
    sign_B = np.sign(np.bincount(bin_N, gap_N, bins))
    return shares(gap_N * sign_B[bin_N], problem_N, len(parts))
