"""How hard a problem is: how often it is solved."""

from __future__ import annotations

from collections import defaultdict
from statistics import fmean, pstdev
from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace

JUDGED = {"correct": 1.0, "wrong": 0.0, "unparsed": 0.0}
"""Outcomes that count. A timeout or an unknown outcome says nothing of the problem."""


def pass_rate(data: Data, *, low: float = 0.0, high: float = 1.0) -> Data:
    """Grade each problem by the share of its traces that are correct, over all models that tried.

    Kept in ``meta``: ``pass_rate`` (0 to 1; null when no trace was judged), ``judged`` (how many traces it
    stands on), ``pass_rates`` (by model) and ``pass_rate_cv``, the coefficient of variation of the traces'
    scores (population standard deviation over mean, sqrt((1 - p) / p) for right and wrong; null when none is
    right): it is highest for problems that are hard but solvable. Marked traces count too: a duplicate or a
    truncated sample was still drawn.

    Args:
        low: problems with a lower rate are marked ``too_hard``.
        high: problems with a higher rate are marked ``too_easy``.

    Raises:
        LimbeckError: not ``0 <= low <= high <= 1``.
    """
    if not 0 <= low <= high <= 1:
        raise LimbeckError(f"low={low}, high={high}: rates lie between 0 and 1, low at most high")
    groups = data.by_problem()

    def graded(problem: Problem) -> Problem:
        grades = grade(groups.get(problem.id, []))
        rate = grades["pass_rate"]
        problem = replace(problem, meta={**problem.meta, **grades})
        if rate is None:
            return problem
        return marked(problem, *["too_hard"] * (rate < low), *["too_easy"] * (rate > high))

    return Data([graded(problem) for problem in data.problems], data.traces, data.pairs)


def grade(traces: list[Trace]) -> dict[str, Any]:
    """What `pass_rate` keeps of one problem's traces."""
    scores: dict[str, list[float]] = defaultdict(list)
    for trace in traces:
        if trace.outcome in JUDGED:
            scores[trace.model].append(JUDGED[trace.outcome])
    rates = {model: fmean(values) for model, values in scores.items()}
    judged = [value for values in scores.values() for value in values]
    rate = fmean(judged) if judged else None
    variation = pstdev(judged) / rate if rate else None
    return {"pass_rate": rate, "judged": len(judged), "pass_rates": rates, "pass_rate_cv": variation}
