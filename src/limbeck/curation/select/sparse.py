"""Problems that lie where a pool has few: what Prismatic Synthesis keeps and shows as seeds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem
from limbeck.types import CountOrNone, Index, PositiveShare, Shards
from limbeck.vectors import Vectors, clusters, nearest

VOID = "no_gradient"


def sparse(
    shards: Shards,
    *,
    gradients: Index,
    pool: Index,
    k: CountOrNone = 0,
    share: PositiveShare = 0.5,
    seed: int = 0,
    mark: str = "dense",
    ctx: Context,
) -> Iterator[Data]:
    """Leave problems unmarked whose traces' gradients fall into a pool's small clusters; mark others
    ``dense``.

    Prismatic Synthesis (arXiv 2505.20161) clusters the pool by gradients, shows seeds from small clusters to
    a writer (`curation/expand` behind this), and of what it writes keeps what falls into small clusters (this
    again, with the new ones' gradients and the pool's). The paper does not say how many clusters there are
    nor which are small.

    Args:
        gradients: of these traces or problems, by `teachers/gradients`.
        pool: those of the pool, from the same model with the same ``size`` and ``seed``; for seeds the same.
        k: clusters of the pool, 0 for the root of half its size.
        share: of the clusters that count as small, those with fewest members.

    Returns:
        The data. A problem with several traces stays where one of them lies in a small cluster; one without a
        gradient is marked ``no_gradient``.

    Raises:
        LimbeckError: files of different widths.
    """
    there, whole = Vectors.read(gradients), Vectors.read(pool)
    if there.values_ND.shape[1] != whole.values_ND.shape[1]:
        widths = f"{there.values_ND.shape[1]} and {whole.values_ND.shape[1]}"
        raise LimbeckError(f"curation/sparse: gradients of {widths} numbers: both need the same size")
    count = k or max(2, round((len(whole.values_ND) / 2) ** 0.5))
    centres_KD = clusters(whole.values_ND, count, seed)
    sizes_K = np.bincount(nearest(whole.values_ND, centres_KD), minlength=len(centres_KD))
    small = np.argsort(sizes_K, kind="stable")[: max(1, int(share * len(sizes_K)))]
    ctx.log(
        f"{len(sizes_K)} clusters of {sizes_K.min():,} to {sizes_K.max():,}; up to {sizes_K[small].max():,} "
        "members are few"
    )
    for data in shards:
        ids = {problem.id: [problem.id] for problem in data.problems}
        for trace in data.kept():
            ids.setdefault(trace.problem_id, []).append(trace.id)

        def looked(problem: Problem, ids: dict[str, list[str]] = ids) -> Problem:
            if problem.marks:
                return problem
            vectors_KD = there.of(ids[problem.id])
            if not len(vectors_KD):
                return marked(problem, VOID)
            return problem if np.isin(nearest(vectors_KD, centres_KD), small).any() else marked(problem, mark)

        yield Data([looked(problem) for problem in data.problems], data.traces, data.pairs)
