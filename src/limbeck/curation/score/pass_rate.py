"""How hard a problem is: how often it is solved."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import fmean, pstdev
from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace

ADDED = ("model", "score", "passing")
JUDGED = {"correct": 1.0, "wrong": 0.0, "unparsed": 0.0}
"""Outcomes that count. A timeout or an unknown outcome says nothing of the problem."""


def pass_rate(
    data: Data,
    *,
    low: float = 0.0,
    high: float = 1.0,
    model: str = "",
    score: str = "",
    passing: float = 0.99,
) -> Data:
    """Grade each problem by the share of its traces that are correct, over all models that tried.

    Kept in ``meta``: ``pass_rate`` (0 to 1; null when no trace was judged), ``judged`` (how many traces it
    stands on), ``pass_rates`` (by model) and ``pass_rate_cv``, the coefficient of variation of the traces'
    scores (population standard deviation over mean, sqrt((1 - p) / p) for right and wrong; null when none is
    right): it is highest for problems that are hard but solvable. Marked traces count too: a duplicate or a
    truncated sample was still drawn.

    Args:
        low: problems with a lower rate are marked ``too_hard``.
        high: problems with a higher rate are marked ``too_easy``.
        model: grade by this model's traces alone, such as the student's, and mark problems that it did not
            try ``ungraded``; ``pass_rates`` still has all.
        score: grade by this score of the traces, such as the share of tests passed, and not by verdicts: the
            rate is the share above ``passing``, the variation that of the scores themselves (DeepDistill,
            arXiv 2504.17565). Traces without a finite one are not counted, problems without any of them are
            ``ungraded``.
        passing: a score above it passes.

    Raises:
        LimbeckError: not ``0 <= low <= high <= 1``.
    """
    if not 0 <= low <= high <= 1:
        raise LimbeckError(f"low={low}, high={high}: rates lie between 0 and 1, low at most high")
    groups = data.by_problem()

    def graded(problem: Problem) -> Problem:
        grades = grade(groups.get(problem.id, []), model, score, passing)
        rate = grades["pass_rate"]
        problem = replace(problem, meta={**problem.meta, **grades})
        if rate is None:
            return marked(problem, *["ungraded"] * bool(model or score))
        return marked(problem, *["too_hard"] * (rate < low), *["too_easy"] * (rate > high))

    return Data([graded(problem) for problem in data.problems], data.traces, data.pairs)


def grade(traces: list[Trace], model: str = "", score: str = "", passing: float = 0.99) -> dict[str, Any]:
    """What `pass_rate` keeps of one problem's traces."""
    scores: dict[str, list[float]] = defaultdict(list)
    for trace in traces:
        value = trace.scores.get(score, math.nan) if score else JUDGED.get(trace.outcome, math.nan)
        if math.isfinite(value):
            scores[trace.model].append(value)

    def rate(values: list[float]) -> float | None:
        return fmean(value > passing for value in values) if values else None

    judged = scores.get(model, []) if model else [value for values in scores.values() for value in values]
    mean = fmean(judged) if judged else 0.0
    return {
        "pass_rate": rate(judged),
        "judged": len(judged),
        "pass_rates": {writer: rate(values) for writer, values in scores.items()},
        "pass_rate_cv": pstdev(judged) / mean if mean > 0 else None,
    }
