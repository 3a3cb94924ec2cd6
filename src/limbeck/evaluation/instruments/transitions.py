"""Where accuracy moves when a model is trained: from which bin of difficulty to which."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.evaluation.ops import wilson
from limbeck.evaluation.samples import like
from limbeck.pipeline.context import Context
from limbeck.records import Data, Result, Results


def transitions(
    before: Data, after: Data, *, edges: tuple[int, ...] = (1, 5, 17, 65), seed: int = 0, ctx: Context
) -> Results:
    """The share of the problems of each bin that are in each bin afterwards; a bin is how many of a problem's
    samples are right.

    Kim et al. 2025, arXiv 2505.14216. Hold the base's samples against *other* samples of the base too: what
    moves there is chance, for who was lucky is no longer so. A row, ``from 1-4 to 5-16``, for each pair of
    bins that occurs; those with the same ``from`` add up to 1. ``change from 1-4`` is how much more often its
    problems are solved.

    Args:
        before: verified samples of the base, which set the bins and are counted for nothing else.
        after: as many verified samples of each problem, of whatever model.
        edges: the smallest number of right samples of each bin but the first, which has those below.

    Returns:
        The rows, shares with Wilson's intervals; the samples afterwards, without a ``temperature``, with
        ``scores["bin"]``, where their problem was, counted from 0.

    Raises:
        LimbeckError: edges that do not rise, no common problem, or another number of samples afterwards.
    """
    if list(edges) != sorted({*edges}) or not edges or edges[0] < 1:
        raise LimbeckError(f"transitions: edges={list(edges)}; numbers that rise, from 1 on, are wanted")
    right = [_counts(data) for data in (before, after)]
    names = [name for name in right[0] if name in right[1]]
    if not names:
        raise LimbeckError("transitions: no problem has samples before and after")
    for name in names:
        if right[0][name][1] != right[1][name][1]:
            n = f"{right[0][name][1]} samples before and {right[1][name][1]} after"
            raise LimbeckError(f"transitions: problem {name!r} has {n}; bins count as many of both")
    bins = {name: (_bin(right[0][name][0], edges), _bin(right[1][name][0], edges)) for name in names}
    where = next(
        (str(trace.params["benchmark"]) for trace in after.traces if "benchmark" in trace.params), "all"
    )
    writer = next((trace.model for trace in after.traces), "after")
    common = replace(like(writer, [seed]), benchmark=where, unit="share", interval="Wilson over problems")
    results = _rows(right, bins, edges, common)
    higher, lower = (sum(sign * (end - start) > 0 for start, end in bins.values()) for sign in (1, -1))
    ctx.log(f"{len(names):,} problems, {higher:,} in a higher bin afterwards, {lower:,} in a lower one")
    kept = []
    for trace in after.traces:
        if trace.problem_id in bins:
            params = {key: value for key, value in trace.params.items() if key != "temperature"}
            scores = {**trace.scores, "bin": float(bins[trace.problem_id][0])}
            kept.append(replace(trace, params={**params, "benchmark": where}, scores=scores))
    return Results(results, Data([each for each in after.problems if each.id in bins], kept))


Counts = dict[str, tuple[int, int]]
"""Right samples and all of them, by problem."""


def _rows(
    right: list[Counts], bins: dict[str, tuple[int, int]], edges: tuple[int, ...], common: Result
) -> list[Result]:
    pairs, starts = Counter(bins.values()), Counter(start for start, _ in bins.values())
    results: list[Result] = []
    for (start, end), count in sorted(pairs.items()):
        low, high = wilson(count, starts[start])
        row = replace(common, metric=f"from {_name(start, edges)} to {_name(end, edges)}", low=low, high=high)
        results.append(replace(row, value=count / starts[start], n=starts[start], samples=starts[start]))
    for start in sorted(starts):
        here = [name for name, (origin, _) in bins.items() if origin == start]
        moved = [(right[1][name][0] - right[0][name][0]) / right[0][name][1] for name in here]
        row = replace(common, metric=f"change from {_name(start, edges)}", value=sum(moved) / len(moved))
        results.append(replace(row, n=len(here), samples=len(here), interval=""))
    return results


def _counts(data: Data) -> Counts:
    """Failed requests are no samples."""
    known: Counts = {}
    for trace in data.traces:
        if trace.finish != "error":
            right, n = known.get(trace.problem_id, (0, 0))
            known[trace.problem_id] = right + (trace.outcome == "correct"), n + 1
    return known


def _bin(right: int, edges: tuple[int, ...]) -> int:
    return sum(right >= edge for edge in edges)


def _name(place: int, edges: tuple[int, ...]) -> str:
    """``0``, ``1-4``, …, ``65-``."""
    low = 0 if place == 0 else edges[place - 1]
    high = edges[place] - 1 if place < len(edges) else None
    return f"{low}-" if high is None else str(low) if high == low else f"{low}-{high}"
