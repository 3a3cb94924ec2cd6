"""Traces that say the same again and again."""

from __future__ import annotations

from limbeck.curation.ops import by_rule
from limbeck.records import Data, Problem, Trace
from limbeck.texts.traces import TracePart, part_of
from limbeck.texts.words import Unit, distinct, units
from limbeck.types import Count, PositiveShare


def repetitive(
    data: Data, *, n: Count = 3, least: PositiveShare = 0.5, unit: Unit = "words", of: TracePart = "text"
) -> Data:
    """Mark traces ``repetitive`` of whose n-grams too few are different ones.

    Distinct-n of one text (arXiv 1510.03055) as SERT filters by it (arXiv 2502.12744). Long texts
    repeat more than short ones without being the worse for it: look at a few before you choose.

    Args:
        n: words or characters in an n-gram; a text with fewer stays.
        least: smallest share of different ones, above 0 to 1.
    """

    def rule(_: Problem | None, trace: Trace) -> str:
        share = distinct(units(part_of(trace, of), unit), n)
        return "repetitive" if share is not None and share < least else ""

    return by_rule(data, rule)
