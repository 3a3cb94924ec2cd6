"""Whether a score of traces tells one kind of trace from another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limbeck.evaluation.instruments._ranking import auc_by_problem
from limbeck.records import Problem, Trace

UNIT = "score"
Scores = tuple[float, ...]
"""How many traces are of the upper kind, their scores, and those of the lower kind."""


def trace_auc(
    problem: Problem, traces: list[Trace], *, score: str, param: str, above: str, below: str
) -> Scores | None:
    """Chance that a trace of one kind scores more than one of another, over the traces of all problems (AUC).

    Args:
        score: a name in ``scores``; traces without it are left out.
        param: key of ``params`` with the kind.
        above, below: the two kinds; others are left out.

    Returns:
        The scores of a problem's traces of either kind, as one flat tuple; None where it has none.
    """
    kinds: dict[str, list[float]] = {above: [], below: []}
    for trace in traces:
        kind = str(trace.params.get(param))
        if kind in kinds and score in trace.scores:
            kinds[kind].append(trace.scores[score])
    return (len(kinds[above]), *kinds[above], *kinds[below]) if any(kinds.values()) else None


def combine(parts: Sequence[Scores]) -> list[float]:
    """Numbers of which the mean is the AUC; none where one kind is missing."""
    above_N = np.concatenate([np.arange(len(each) - 1) < each[0] for each in parts])
    if above_N.all() or not above_N.any():
        return []
    scores_N = np.array([score for each in parts for score in each[1:]])
    problem_N = np.repeat(np.arange(len(parts)), [len(each) - 1 for each in parts])
    by_problem: list[float] = auc_by_problem(above_N, scores_N, problem_N, len(parts)).tolist()
    return by_problem
