"""No kind of task above its share: the best of each stay."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator

from limbeck.curation.ops import lot, marked
from limbeck.errors import LimbeckError, nearest
from limbeck.records import Data, Problem, Trace
from limbeck.types import Shards

MARK = "surplus"
NONE = "none"
"""The kind of what names none."""
HELD = 1_000
"""Ranks of a kind that are held beyond twice those that may stay."""
_Rank = tuple[float, bytes, str]


def balance(
    shards: Shards, *, most: int, field: str = "task", score: str = "rating", seed: int = 0
) -> Iterator[Data]:
    """Leave at most ``most`` traces of each kind of task unmarked; mark the other ones ``surplus``.

    Those with the highest score stay; equal ones, and those without a score, are drawn by a digest of seed
    and id, so that the choice depends neither on order nor on sharding.

    Args:
        most: traces of a kind.
        field: where the kind stands: in a trace's ``params``, else in its problem's ``meta`` or a field of
            the problem. What names none is a kind of its own.
        score: a name in ``scores``.

    Raises:
        LimbeckError: ``most`` below 1, or no trace names a kind.
    """
    if most < 1:
        raise LimbeckError(f"curation/balance: most={most}: at least one trace of each kind")
    best: dict[str, list[_Rank]] = defaultdict(list)
    names: set[str] = set()
    for data in shards:
        for trace, kind, rank in _ranked(data, field, score, seed):
            best[kind].append(rank)
            if len(best[kind]) >= 2 * most + HELD:
                best[kind] = heapq.nsmallest(most, best[kind])
            names |= {*trace.params}
    if best and {*best} == {NONE}:
        raise LimbeckError(
            f"curation/balance: no trace or problem has a field {field!r}{nearest(field, names)}"
        )
    last = {kind: heapq.nsmallest(most, ranks)[-1] for kind, ranks in best.items()}
    for data in shards:
        ranked = _ranked(data, field, score, seed)
        dropped = {trace.id for trace, kind, rank in ranked if rank > last[kind]}
        traces = [marked(trace, MARK) if trace.id in dropped else trace for trace in data.traces]
        yield Data(data.problems, traces, data.pairs)


def _ranked(data: Data, field: str, score: str, seed: int) -> Iterator[tuple[Trace, str, _Rank]]:
    """Every kept trace with its kind and its rank within that, lowest first."""
    problems = data.problem_by_id()
    for trace in data.kept():
        kind = _kind(trace, problems.get(trace.problem_id), field) or NONE
        yield trace, kind, (-trace.scores.get(score, 0.0), lot(seed, trace.id), trace.id)


def _kind(trace: Trace, problem: Problem | None, field: str) -> str:
    value = trace.params.get(field)
    if value is None and problem is not None:
        known = field in Problem.__struct_fields__
        value = getattr(problem, field) if known else problem.meta.get(field)
    return "" if value is None else str(value).strip().casefold()
