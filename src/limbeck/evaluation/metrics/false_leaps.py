"""How often a step is put in where none is missing."""

from __future__ import annotations

from limbeck.records import Problem, Trace
from limbeck.texts.leaps import MISSING, read
from limbeck.texts.traces import full_text

UNIT = "share"


def false_leaps(problem: Problem, traces: list[Trace], *, missing: str = MISSING) -> float | None:
    """Share of the samples that put a step into a solution that lacks none; other problems are left out.

    Args:
        missing: how a missing step is told, as `curation/leap_tasks` was given it.
    """
    if problem.meta.get("leaps") != []:
        return None
    told = [bool(read(full_text(trace), problem.meta["steps"], missing)) for trace in traces]
    return sum(told) / len(told) if told else None
