"""A number that the problem itself notes."""

from __future__ import annotations

import math

from limbeck.records import Problem, Trace

UNIT = "score"


def field_at(problem: Problem, traces: list[Trace], *, name: str) -> float | None:
    """Mean over problems of ``meta[name]``, such as how much of a question is left; those without are left
    out. Written ``field@name``."""
    value = problem.meta.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
