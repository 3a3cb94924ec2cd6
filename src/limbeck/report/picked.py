"""What a page shows of a set that it cannot show whole: samples of each mark, and scores to be drawn.

Samples are those whose names hash lowest, so they are the same whatever the shards, and few are held at once.
"""

from __future__ import annotations

import hashlib
import heapq
import math
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Generic, NamedTuple, TypeVar

from limbeck.costs import Mark
from limbeck.records import Data, Problem, Trace

EACH = 4
"""Right samples, and others, of a mark."""
VALUES = 1 << 16
"""Values of a score that are held; of a larger set every second one, then every fourth, …"""
SCORES = 24
"""Scores that are drawn, the first ones met."""
LEAKS = 40
"""Problems that are shown beside benchmark items."""
KEPT = Mark("trace", "")
"""What samples without a mark stand under."""
LEAKED = "leaked_from"
"""Where a problem's ``meta`` says beside which benchmark items it stands."""


class Sample(NamedTuple):
    """A trace that is shown with its problem; a problem without traces stands alone."""

    problem: Problem
    trace: Trace | None

    @property
    def right(self) -> bool:
        return self.trace is not None and self.trace.outcome == "correct"


@dataclass
class Values:
    """Values of a score, evenly thinned where they are many."""

    values: list[float] = field(default_factory=list)
    every: int = 1
    seen: int = 0

    def add(self, value: float) -> None:
        if self.seen % self.every == 0:
            self.values.append(value)
            if len(self.values) == VALUES:
                self.values, self.every = self.values[::2], self.every * 2
        self.seen += 1


Item = TypeVar("Item")
_TURN = count()


@dataclass
class Lowest(Generic[Item]):
    """The items whose names hash lowest."""

    most: int
    heap: list[tuple[int, int, Item]] = field(default_factory=list)

    def offer(self, name: str, item: Item) -> None:
        digest = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        entry = -int.from_bytes(digest, "big"), next(_TURN), item
        if len(self.heap) < self.most:
            heapq.heappush(self.heap, entry)
        elif entry[0] > self.heap[0][0]:
            heapq.heapreplace(self.heap, entry)

    def items(self) -> list[Item]:
        return [item for _, _, item in sorted(self.heap, key=lambda entry: -entry[0])]


@dataclass
class Picked:
    """Samples under each mark, and scores of kept and of marked traces; ``odd`` counts scores that are no
    numbers."""

    lowest: dict[tuple[Mark, bool], Lowest[Sample]] = field(default_factory=dict)
    scores: dict[str, tuple[Values, Values]] = field(default_factory=dict)
    odd: Counter[str] = field(default_factory=Counter)
    leaked: Lowest[Problem] = field(default_factory=lambda: Lowest(LEAKS))

    def add(self, data: Data) -> None:
        """Offer a part; every problem comes with all its traces."""
        groups = data.by_problem()
        for problem in data.problems:
            if problem.meta.get(LEAKED):
                self.leaked.offer(problem.id, problem)
            for trace in groups.get(problem.id, []):
                self._offer(Sample(problem, trace), trace.id, trace.marks)
                self._score(problem, trace)
            if problem.id not in groups:
                self._offer(Sample(problem, None), problem.id, [])

    def _offer(self, sample: Sample, name: str, marks: list[str]) -> None:
        borne = [Mark("problem", mark) for mark in sample.problem.marks]
        for mark in [*borne, *(Mark("trace", mark) for mark in marks)] or [KEPT]:
            self.lowest.setdefault((mark, sample.right), Lowest(EACH)).offer(name, sample)

    def _score(self, problem: Problem, trace: Trace) -> None:
        for name, value in trace.scores.items():
            if not math.isfinite(value):
                self.odd[name] += 1
            elif name in self.scores or len(self.scores) < SCORES:
                sides = self.scores.setdefault(name, (Values(), Values()))
                sides[bool(problem.marks or trace.marks)].add(value)

    def under(self, mark: Mark) -> list[Sample]:
        """The samples of a mark, right ones first: what it cost is what a reader has to judge."""
        sides = [self.lowest.get((mark, right)) for right in (True, False)]
        return [sample for side in sides if side for sample in side.items()]
