"""How far a grader's points can be trusted: its marks against points that are known."""

from __future__ import annotations

import math

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation import ops
from limbeck.evaluation._shares import ratio
from limbeck.evaluation.samples import benchmark_of, like, stored
from limbeck.judging.rubrics import items_of
from limbeck.pipeline.context import Context
from limbeck.ranks import rank_correlation
from limbeck.records import Data, Result, Results, Trace

Array = np.ndarray
SHARES = ("points", "gold", "item_error", "ungraded")
"""Metrics that are a share of something."""


def graded(
    data: Data,
    *,
    score: str = "points",
    gold: str = "gold",
    name: str = "grader",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Points given against points known, over traces of problems with a scheme (arXiv 2503.21934).

    Rows: ``points`` and ``gold`` (mean share of a scheme's points), ``inflation`` (points given over points
    known), ``kappa`` (Cohen's with quadratic weights, of the sums), ``rank`` (Spearman's), ``item_error``
    (share of items with other points), ``ungraded``, with Student's 95% intervals over problems, for the
    solutions of one problem are hard together.

    Args:
        score: name of the sums in ``scores``; ``NAME/0`` … are the items'.
        gold: key of ``params`` that lists the points known, one for each item.
        name: of the grader in the results.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        The rows; the traces with ``scores`` ``share``, ``inflation``, ``kappa``, ``item_error`` and
        ``ungraded`` whose means are those numbers, for claims.

    Raises:
        LimbeckError: no trace has points known, or none has both.
    """
    problems = data.problem_by_id()
    known, both = _sorted(data, score, gold)
    where = benchmark or benchmark_of(problems[both[0].problem_id])
    worth_N = np.array([sum(item.points for item in items_of(problems[trace.problem_id])) for trace in both])
    given_N = np.array([trace.scores[score] for trace in both])
    true_N = np.array([float(sum(trace.params[gold])) for trace in both])
    wrong_N = np.array([_item_error(trace, score, gold) for trace in both])
    values = {
        "share": given_N / worth_N,
        "gold": true_N / worth_N,
        "inflation": ratio(given_N, true_N),
        "kappa": _kappa(given_N, true_N),
        "item_error": wrong_N,
    }
    traces = {trace.id: _noted(trace, where, {"ungraded": 1.0}) for trace in known}
    for at, trace in enumerate(both):
        noted = {metric: float(each[at]) for metric, each in values.items() if not np.isnan(each).any()}
        traces[trace.id] = _noted(trace, where, {**noted, "ungraded": 0.0})
    common = replace(like(name, [seed]), benchmark=where)
    rows = [*_rows(common, values, [trace.problem_id for trace in both])]
    lost = [float(trace.scores["ungraded"]) for trace in traces.values()]
    rows.append(_row(common, "ungraded", np.array(lost), [trace.problem_id for trace in known]))
    rank = rank_correlation(given_N, true_N)
    n = len({trace.problem_id for trace in both})
    rows.append(replace(common, metric="rank", value=rank, n=n, samples=len(both)))
    return Results(rows, Data(data.problems, [*traces.values()]))


def _sorted(data: Data, score: str, gold: str) -> tuple[list[Trace], list[Trace]]:
    """The traces whose points are known, and those of them that were given some."""
    known = [trace for trace in data.traces if isinstance(trace.params.get(gold), list)]
    if not known:
        keys = {key for trace in data.traces for key in trace.params}
        raise LimbeckError(f"graded: no trace lists points in params[{gold!r}]{nearest(gold, keys)}")
    both = [trace for trace in known if score in trace.scores]
    if not both:
        names = {key for trace in known for key in trace.scores}
        told = f"none of {len(known):,} traces has scores[{score!r}]{nearest(score, names)}"
        raise LimbeckError(f"graded: {told}")
    return known, both


def _item_error(trace: Trace, score: str, gold: str) -> float:
    known = trace.params[gold]
    return float(np.mean([trace.scores.get(f"{score}/{at}") != points for at, points in enumerate(known)]))


def _kappa(given_N: Array, true_N: Array) -> Array:
    """``1 - sum((x - y)^2) / E[(x - y)^2]`` linearised, the expectation over all pairs of marks."""
    apart_N = (given_N - true_N) ** 2
    expected_N = ((given_N[:, None] - true_N) ** 2 + (true_N[:, None] - given_N) ** 2).mean(1) / 2
    return 1 - ratio(apart_N, expected_N)


def _noted(trace: Trace, where: str, noted: dict[str, float]) -> Trace:
    return replace(stored(trace, where), scores={**trace.scores, **noted})


def _rows(common: Result, values: dict[str, Array], names: list[str]) -> list[Result]:
    told = {"share": "points"}
    measured = {metric: each for metric, each in values.items() if not np.isnan(each).any()}
    return [_row(common, told.get(metric, metric), each, names) for metric, each in measured.items()]


def _row(common: Result, metric: str, value_N: Array, names: list[str]) -> Result:
    """The mean over traces, and its interval over problems, each with all its traces."""
    problem_N = np.unique(names, return_inverse=True)[1]
    sum_P, count_P = np.bincount(problem_N, value_N), np.bincount(problem_N)
    mean, share = float(value_N.mean()), metric in SHARES
    row = replace(common, metric=metric, value=mean, unit="share" if share else "score")
    row = replace(row, n=len(sum_P), samples=len(value_N))
    if len(sum_P) == 1:
        return row
    # A bootstrap of six problems is a quarter too narrow: Student's quantile knows how few there are.
    apart_P = (sum_P - mean * count_P) / count_P.mean()
    half = ops.t_quantile(len(sum_P) - 1) * float(apart_P.std(ddof=1)) / math.sqrt(len(sum_P))
    low, high, how = mean - half, mean + half, "Student over problems"
    if share and not half:
        low, high, how = *ops.wilson(mean * len(sum_P), len(sum_P)), "Wilson over problems"
    elif share:
        low, high = max(low, 0.0), min(high, 1.0)
    return replace(row, low=low, high=high, interval=how)
