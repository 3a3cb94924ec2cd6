"""Accuracy on a part of the problems: a level of difficulty, a skill, a source."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def pass_where(
    problem: Problem, traces: list[Trace], *, field: str, value: str | int | float | bool
) -> float | None:
    """Share of the samples that are right, of problems whose field has a value; the others are left out.

    With ``field: level`` of `curation/levels` pass@1 tercile by tercile, with ``field: skill`` a column of a
    table of data sets against abilities.

    Args:
        field: a key of ``meta``, or a field of `Problem` such as ``source``.
        value: compared as text.
    """
    known = field in Problem.__struct_fields__
    of = getattr(problem, field) if known else problem.meta.get(field)
    if str(of) != str(value):
        return None
    return ops.mean(trace.outcome == "correct" for trace in traces)
