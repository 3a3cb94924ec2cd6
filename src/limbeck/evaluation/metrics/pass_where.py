"""Accuracy on a part of the problems: a level of difficulty, a skill, a source."""

from __future__ import annotations

from limbeck.curation.ops import field_of
from limbeck.errors import LimbeckError
from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.types import Count

UNIT = "share"


def pass_where(
    problem: Problem, traces: list[Trace], *, field: str, value: str | int | float | bool, k: Count = 1
) -> float | None:
    """pass@k of the problems whose field has a value; the others are left out.

    With ``field: level`` of `curation/levels` it is pass@1 of a tercile, beside pass@1 of all. For a table of
    all levels or skills name benchmarks by them: ``benchmark: "level {level}"``.

    Args:
        field: a key of ``meta``, or a field of `Problem` such as ``source``.
        value: compared as text.
        k: as of ``pass@k``.

    Raises:
        LimbeckError: there are fewer than ``k`` samples.
    """
    if str(field_of(problem, field)) != str(value):
        return None
    if k > len(traces):
        raise LimbeckError(f"needs {k} samples of every problem, {problem.id!r} has {len(traces)}")
    return ops.pass_of(len(traces), sum(trace.outcome == "correct" for trace in traces), k)
