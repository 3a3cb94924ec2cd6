"""Whether confidence tells right samples from wrong ones."""

from __future__ import annotations

from collections.abc import Sequence

from limbeck.evaluation._samples import flat, known
from limbeck.evaluation.instruments._ranking import auc_by_problem
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
    """Numbers of which the mean is the chance; none where all are right or none is."""
    sure_N, right_N, problem_N = flat(parts)
    right = right_N > 0
    if right.all() or not right.any():
        return []
    by_problem: list[float] = auc_by_problem(right, sure_N, problem_N, len(parts)).tolist()
    return by_problem
