"""Whether longer thoughts say that they are surer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limbeck.evaluation._samples import flat, known, shares
from limbeck.records import Problem, Trace

UNIT = "score"


def confidence_slope(
    problem: Problem, traces: list[Trace], *, score: str = "confidence", per: float = 1000.0
) -> tuple[float, ...] | None:
    """Confidence gained by ``per`` tokens more, right and wrong samples apart.

    Least squares on length and whether the sample is right, over the samples of all problems.

    Args:
        score: a name in ``trace.scores``, from 0 to 1; samples without it or without a length, and those that
            are neither right nor wrong, are left out.
        per: tokens that count as one.

    Returns:
        Length, confidence and whether it is right of each of a problem's samples; None where it has none.
    """
    rows: list[float] = []
    for trace in traces:
        if (pair := known([trace], score)) and trace.tokens is not None:
            rows += [trace.tokens / per, *pair]
    return tuple(rows) or None


def combine(parts: Sequence[tuple[float, ...]]) -> list[float]:
    """The slope plus each problem's pull on it, whose mean is 0; none where length never varies."""
    length_N, sure_N, right_N, problem_N = flat(parts, 3)
    given_N2 = np.stack([np.ones(len(right_N)), right_N], axis=1)
    rest_N = length_N - given_N2 @ np.linalg.lstsq(given_N2, length_N, rcond=None)[0]
    spread = float(rest_N @ rest_N)
    if spread <= 1e-12 * max(float(length_N @ length_N), 1e-300):
        return []
    slope = float(rest_N @ sure_N) / spread
    design_N3 = np.stack([length_N, *given_N2.T], axis=1)
    error_N = sure_N - design_N3 @ np.linalg.lstsq(design_N3, sure_N, rcond=None)[0]
    pulls = shares(rest_N * error_N * len(rest_N) / spread, problem_N, len(parts))
    return [slope + pull for pull in pulls]
