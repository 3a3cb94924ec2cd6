"""A smaller set, drawn by id or by a number that problems have."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from limbeck.curation.ops import lot, marked, no_number, number_of
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem
from limbeck.types import Shards

WAS = "curation/take"
ADDED = ("by", "lowest")


def sample_problems(
    shards: Shards, *, n: int, by: str = "", lowest: bool = False, seed: int = 0, mark: str = "not_taken"
) -> Iterator[Data]:
    """Leave ``n`` problems drawn at random unmarked; mark the other ones ``not_taken``.

    The draw goes by a digest of seed and id: it depends neither on order nor on sharding, and a larger ``n``
    keeps all that a smaller one had. Problems that bear a mark are not drawn. With fewer than ``n`` all stay.

    Args:
        by: take those with the highest number in this field of the problem or key of its ``meta``, such as
            ``pass_rate_cv`` (DeepDistill's last stage, arXiv 2504.17565), equal ones at random; those without
            a number come last.
        lowest: take those with the lowest instead.

    Raises:
        LimbeckError: ``n`` is negative, or no problem has a number in that field.
    """
    if n < 0:
        raise LimbeckError(f"n={n}: give the number of problems to take")

    def rank(problem: Problem) -> tuple[bool, float, bytes, str]:
        number = number_of(problem, by) if by else 0.0
        signed = 0.0 if number is None else number if lowest else -number
        return number is None, signed, lot(seed, problem.id), problem.id

    ranks = (rank(problem) for data in shards for problem in data.problems if not problem.marks)
    first = heapq.nsmallest(n, ranks)
    if by and first and first[0][0]:
        raise no_number("curation/sample_problems", by, shards)
    last = first[-1] if first else None  # of ``n`` problems a rank each is all that is held

    def looked(problem: Problem) -> Problem:
        taken = last is not None and rank(problem) <= last
        return problem if problem.marks or taken else marked(problem, mark)

    for data in shards:
        yield Data([looked(problem) for problem in data.problems], data.traces, data.pairs)
