"""Traces too short or too long to teach."""

from __future__ import annotations

from typing import Any, Literal

from limbeck.curation.ops import by_rule
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace
from limbeck.texts.traces import TracePart, part_of
from limbeck.texts.words import Unit, units


def trace_length(
    data: Data,
    *,
    least: int = 1,
    most: int = 0,
    unit: Unit | Literal["tokens"] = "words",
    of: TracePart = "text",
) -> Data:
    """Mark traces ``too_short`` or ``too_long``.

    Args:
        least: fewest units.
        most: most; 0 for no limit.
        unit: ``words`` (characters in languages without blanks), ``characters`` but for blanks, or ``tokens``
            as the writer counted them, for the whole completion; a trace whose tokens nobody counted stays.
        of: what is measured, of words and characters.

    Raises:
        LimbeckError: no limit, or ``most`` below ``least``.
    """
    _check(least, most)

    def rule(_: Problem | None, trace: Trace) -> str:
        size = trace.tokens if unit == "tokens" else len(units(part_of(trace, of), unit))
        if size is None:
            return ""
        return "too_short" if size < least else "too_long" if most and size > most else ""

    return by_rule(data, rule)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    _check(given["least"], given["most"])


def _check(least: int, most: int) -> None:
    if least < 0 or most < 0 or not (least or most) or (most and most < least):
        raise LimbeckError(f"curation/trace_length: least={least}, most={most} is no range")
