"""Traces that are stuck."""

from __future__ import annotations

from collections import Counter

from limbeck.curation.ops import by_rule
from limbeck.records import Data, Problem, Trace
from limbeck.texts.traces import TracePart, part_of
from limbeck.texts.words import Unit, units
from limbeck.types import Count


def looping(
    data: Data, *, n: Count = 20, most: Count = 20, unit: Unit = "words", of: TracePart = "text"
) -> Data:
    """Mark traces ``looping`` of which an n-gram stands there more than ``most`` times.

    AM-DeepSeek-R1-Distilled-1.4M (arXiv 2503.19633, section 2): 20 tokens more than 20 times. What comes
    again need not come at once, as `curation/flaws` wants it; the share of different n-grams is
    `curation/repetitive`'s.

    Args:
        n: words or characters in an n-gram.
        most: times that one may stand there.
    """

    def rule(_: Problem | None, trace: Trace) -> str:
        parts = units(part_of(trace, of), unit)
        if len(parts) < n + most:  # no n-gram can start so often
            return ""
        counts = Counter(tuple(parts[at : at + n]) for at in range(len(parts) - n + 1))
        return "looping" if max(counts.values()) > most else ""

    return by_rule(data, rule)
