"""Levels of difficulty, or of any number: problems cut into equally many low, middle and high ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from msgspec.structs import replace

from limbeck.curation.ops import no_number, number_of
from limbeck.pipeline.context import Context
from limbeck.ranks import ranks
from limbeck.records import Data, Problem
from limbeck.types import Count, Shards


def levels(shards: Shards, *, by: str, n: Count = 3, name: str = "level", ctx: Context) -> Iterator[Data]:
    """Write into each problem's ``meta`` in which ``n``-th of the whole set it lies; 1 has the lowest.

    Terciles unless ``n`` says otherwise; by ``pass_rate`` level 1 is the hardest. Problems with equal numbers
    share a level, so that where many are equal levels differ in size; the log has sizes and numbers. What
    bears a mark or has no number is left out. `curation/where` keeps a level, the metric ``pass_where``
    counts one.

    Args:
        by: a field of the problem or a key of its ``meta``, such as ``pass_rate``.
        name: the key that is written.

    Raises:
        LimbeckError: no unmarked problem has a number there.
    """
    unmarked = (problem for data in shards for problem in data.problems if not problem.marks)
    numbers = [number for each in unmarked if (number := number_of(each, by)) is not None]
    if not numbers:
        if any(data.problems for data in shards):
            raise no_number("curation/levels", by, shards)
        yield from shards
        return
    values = np.array(numbers)
    level_of = 1 + ((ranks(values) - 0.5) * n / len(values)).astype(int)
    known = dict(zip(numbers, level_of.tolist(), strict=True))
    for level in range(1, n + 1):
        inside = values[level_of == level]
        ends = f", {by} {inside.min():.3g} to {inside.max():.3g}" if len(inside) else ""
        ctx.log(f"{name} {level}: {len(inside):,} problems{ends}")

    def graded(problem: Problem) -> Problem:
        number = number_of(problem, by)
        if problem.marks or number is None:
            return problem
        return replace(problem, meta={**problem.meta, name: known[number]})

    for data in shards:
        yield Data([graded(problem) for problem in data.problems], data.traces, data.pairs)
