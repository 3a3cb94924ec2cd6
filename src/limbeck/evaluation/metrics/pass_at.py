"""The chance that one of k samples is right."""

from __future__ import annotations

from limbeck.errors import LimbeckError
from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def pass_at(problem: Problem, traces: list[Trace], *, k: int = 1) -> float:
    """Chance that at least one of ``k`` samples is right, without bias; written ``pass@k``.

    Chen et al. 2021 (arXiv 2107.03374), eq. 1. Only a verified answer counts as right.

    Raises:
        LimbeckError: there are fewer than ``k`` samples.
    """
    if not 1 <= k <= len(traces):
        raise LimbeckError(f"needs {k} samples of every problem, {problem.id!r} has {len(traces)}")
    right = sum(trace.outcome == "correct" for trace in traces)
    return ops.pass_of(len(traces), right, k)
