"""Problems whose gradients point where a target set's do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem
from limbeck.types import Count, Index, Shards
from limbeck.vectors import Vectors


def influential(
    shards: Shards, *, gradients: Index, target: Index, n: Count, mark: str = "uninfluential", ctx: Context
) -> Iterator[Data]:
    """Leave the ``n`` problems unmarked whose gradients are most like the target set's mean gradient.

    How JiuZhang3.0 chooses texts to make problems of (arXiv 2405.14365): a step on what is like the target
    lowers the target's loss, to first order. A problem counts by its own gradient (``read: questions``), else
    by the best of its kept traces'. Problems that bear a mark are not chosen; ties go to the earlier id.

    Args:
        gradients: of these problems or their traces, by `teachers/gradients`.
        target: of what is to be learnt, from the same model with the same ``size`` and ``seed``.

    Returns:
        The data; ``meta["influence"]`` is the cosine. A problem without a gradient is marked and counted.

    Raises:
        LimbeckError: files of different widths, or a target without a direction.
    """
    there, goal = Vectors.read(gradients), Vectors.read(target).values_ND
    if there.values_ND.shape[1] != goal.shape[1]:
        widths = f"{there.values_ND.shape[1]} and {goal.shape[1]}"
        raise LimbeckError(f"curation/influential: gradients of {widths} numbers: both need the same size")
    mean_D = goal.mean(0)
    if not np.linalg.norm(mean_D):
        raise LimbeckError("curation/influential: the target's gradients cancel out")
    mean_D = mean_D / np.linalg.norm(mean_D)
    values: dict[str, float] = {}
    missing = 0
    for data in shards:
        traces = {problem.id: [problem.id] for problem in data.problems if not problem.marks}
        for trace in data.kept():
            if trace.problem_id in traces:
                traces[trace.problem_id].append(trace.id)
        for name, ids in traces.items():
            vectors_KD = there.of(ids)
            missing += not len(vectors_KD)
            if len(vectors_KD):
                values[name] = float((vectors_KD @ mean_D).max())
    if missing:
        ctx.log(f"{missing:,} problems have no gradient and are not chosen")
    chosen = set(sorted(values, key=lambda name: (-values[name], name))[:n])

    def looked(problem: Problem) -> Problem:
        if problem.id in values:
            problem = replace(problem, meta={**problem.meta, "influence": values[problem.id]})
        return problem if problem.marks or problem.id in chosen else marked(problem, mark)

    for data in shards:
        yield Data([looked(problem) for problem in data.problems], data.traces, data.pairs)
