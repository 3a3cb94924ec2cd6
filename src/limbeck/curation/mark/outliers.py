"""Records whose score lies far from what is usual in their domain."""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError, nearest
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.types import Shards, Weight

NORMAL = 1.4826
"""Times the median absolute deviation is the standard deviation, of a normal distribution."""


def outliers(
    shards: Shards,
    *,
    score: str = "perplexity",
    grain: Literal["problems", "traces"] = "problems",
    per: str = "source",
    high: Weight = 3.0,
    low: Weight = 0.0,
    log: bool = True,
    fewest: int = 20,
    ctx: Context,
) -> Iterator[Data]:
    """Mark records whose score is far from the median of their domain ``high_SCORE`` or ``low_SCORE``.

    Code, tables and prose have losses of their own, so that one limit for all deletes the hardest domain
    before it finds the garbage in the easiest (CCI4.0, arXiv 2506.07463, sets one for each). A domain's
    limit is its median and so many robust standard deviations (1.4826 times the median absolute deviation),
    which garbage that is less than half of it hardly moves. Garbage of which most of a domain consists is
    what is usual there; and real losses lean to the high side. Look at what a limit marks.

    Args:
        score: a score of traces, or a number in the problems' ``meta``, such as `curation/perplexity` leaves.
        grain: which records are compared and marked; those that bear a mark are left out.
        per: a field of `Problem`, or a key of its ``meta``, that tells the domain; empty takes all as one.
        high: robust deviations above the median; 0 for no limit.
        low: the same below.
        log: compare logarithms: of a perplexity that is the loss, and losses are nearer to normal.
        fewest: a domain with fewer scores is left as it is, and so is one of which half have the same.

    Returns:
        The data. What has no score, or one that is no number or has no logarithm, stays and is counted.

    Raises:
        LimbeckError: no record has the score.
    """
    values = _gathered(shards, score, grain, per, log, ctx)
    limits = {}
    for domain in sorted(values):
        limits[domain] = _limits(np.frombuffer(values[domain]), low, high, fewest)
        ctx.log(_told(domain, values[domain], limits[domain], score, log))
    for data in shards:
        fresh: dict[str, Any] = {}
        for record, domain in _records(data, grain, per):
            if (value := _value(record, score, log)) is not None:
                fresh[record.id] = marked(record, *_reasons(value, limits[domain], score))
        if grain == "problems":
            yield Data([fresh.get(each.id, each) for each in data.problems], data.traces, data.pairs)
        else:
            yield Data(data.problems, [fresh.get(each.id, each) for each in data.traces], data.pairs)


def _gathered(
    shards: Shards, score: str, grain: str, per: str, log: bool, ctx: Context
) -> dict[str, array[float]]:
    """All scores by domain."""
    values: dict[str, array[float]] = defaultdict(lambda: array("d"))
    known, unscored = set[str](), 0
    for data in shards:
        for record, domain in _records(data, grain, per):
            known.update(_numbers(record))
            value = _value(record, score, log)
            unscored += value is None
            if value is not None:
                values[domain].append(value)
    if known and not values:
        raise LimbeckError(f"curation/outliers: no {grain[:-1]} has a score {score!r}{nearest(score, known)}")
    if unscored:
        ctx.log(f"{unscored:,} {grain} without a number as {score!r} stay as they are")
    return values


def _reasons(value: float, limits: tuple[float, float], score: str) -> list[str]:
    return [f"low_{score}"] * (value < limits[0]) + [f"high_{score}"] * (value > limits[1])


def _records(data: Data, grain: str, per: str) -> Iterator[tuple[Any, str]]:
    """Records without a mark, each with its domain."""
    domains = {problem.id: _domain(problem, per) for problem in data.problems}
    if grain == "problems":
        yield from ((problem, domains[problem.id]) for problem in data.problems if not problem.marks)
    else:
        yield from ((trace, domains.get(trace.problem_id, "")) for trace in data.kept())


def _domain(problem: Problem, per: str) -> str:
    if not per:
        return ""
    return str(getattr(problem, per) if per in Problem.__struct_fields__ else problem.meta.get(per, ""))


def _numbers(record: Problem | Trace) -> dict[str, object]:
    return dict(record.meta if isinstance(record, Problem) else record.scores)


def _value(record: Problem | Trace, score: str, log: bool) -> float | None:
    value = _numbers(record).get(score)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    if log:
        return math.log(value) if value > 0 else None
    return float(value)


def _limits(values_N: np.ndarray, low: float, high: float, fewest: int) -> tuple[float, float]:
    """The lowest and the highest value that is usual."""
    median = float(np.median(values_N))
    spread = NORMAL * float(np.median(np.abs(values_N - median)))
    if len(values_N) < fewest or not spread:
        return -math.inf, math.inf
    return median - low * spread if low else -math.inf, median + high * spread if high else math.inf


def _told(domain: str, values: array[float], limits: tuple[float, float], score: str, log: bool) -> str:
    shown = [math.exp(min(limit, 700.0)) if log and math.isfinite(limit) else limit for limit in limits]
    outside = sum(not limits[0] <= value <= limits[1] for value in values)
    return (
        f"{domain or 'all'}: {outside:,} of {len(values):,} outside of {score} {shown[0]:g} to {shown[1]:g}"
    )
