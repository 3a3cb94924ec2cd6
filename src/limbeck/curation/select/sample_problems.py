"""A smaller set, drawn by id."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem
from limbeck.types import Shards

WAS = "curation/take"


def sample_problems(shards: Shards, *, n: int, seed: int = 0, mark: str = "not_taken") -> Iterator[Data]:
    """Leave ``n`` problems drawn at random unmarked; mark the other ones ``not_taken``.

    The draw goes by a digest of seed and id: it depends neither on order nor on sharding, and a larger ``n``
    keeps all that a smaller one had. Problems that bear a mark are not drawn. With fewer than ``n`` all stay.

    Raises:
        LimbeckError: ``n`` is negative.
    """
    if n < 0:
        raise LimbeckError(f"n={n}: give the number of problems to take")
    ranks = (_rank(seed, problem.id) for data in shards for problem in data.problems if not problem.marks)
    last = max(heapq.nsmallest(n, ranks), default=b"")  # of ``n`` problems a digest each is all that is held

    def looked(problem: Problem) -> Problem:
        return problem if problem.marks or _rank(seed, problem.id) <= last else marked(problem, mark)

    for data in shards:
        yield Data([looked(problem) for problem in data.problems], data.traces, data.pairs)


def _rank(seed: int, problem_id: str) -> bytes:
    return hashlib.blake2b(f"{seed}/{problem_id}".encode(), digest_size=16).digest()
