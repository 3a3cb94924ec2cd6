"""Accuracy on a part of the problems: a level of difficulty, a skill, a source."""

from __future__ import annotations

from limbeck.curation.ops import field_of
from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def pass_where(
    problem: Problem, traces: list[Trace], *, field: str, value: str | int | float | bool
) -> float | None:
    """Share of the samples that are right, of problems whose field has a value; the others are left out.

    With ``field: level`` of `curation/levels` it is pass@1 of a tercile, beside pass@1 of all. For a table of
    all levels or skills name benchmarks by them: ``benchmark: "level {level}"``.

    Args:
        field: a key of ``meta``, or a field of `Problem` such as ``source``.
        value: compared as text.
    """
    if str(field_of(problem, field)) != str(value):
        return None
    return ops.mean(trace.outcome == "correct" for trace in traces)
