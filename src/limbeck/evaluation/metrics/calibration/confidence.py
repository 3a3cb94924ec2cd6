"""How sure samples say they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from limbeck.evaluation._samples import flat, known
from limbeck.evaluation._shares import ratio
from limbeck.records import Problem, Trace

UNIT = "share"


def confidence(
    problem: Problem,
    traces: list[Trace],
    *,
    of: Literal["all", "correct", "wrong"] = "all",
    score: str = "confidence",
) -> tuple[float, ...] | None:
    """Mean confidence over the samples of all problems; ``of: wrong`` is overconfidence.

    Args:
        of: which samples.
        score: a name in ``trace.scores``, from 0 to 1; samples without it, and those that are neither right
            nor wrong, are left out.

    Returns:
        Confidence of each of a problem's samples and whether it counts, 0 and 0 where not; None where it has
        none.
    """
    pairs = known(traces, score)
    wanted = {"all": (0.0, 1.0), "correct": (1.0,), "wrong": (0.0,)}[of]
    chosen = [(sure, right in wanted) for sure, right in zip(pairs[::2], pairs[1::2], strict=True)]
    return tuple(float(number) for sure, so in chosen for number in (sure * so, so)) or None


def combine(parts: Sequence[tuple[float, ...]]) -> list[float]:
    """Numbers whose mean is the sum over the number; none where there is no such sample."""
    sure_N, counts_N, problem_N = flat(parts)
    total_P, number_P = (np.bincount(problem_N, each, len(parts)) for each in (sure_N, counts_N))
    return ratio(total_P, number_P).tolist() if number_P.any() else []
