"""How little a sample repeats itself."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts.traces import part_of
from limbeck.texts.words import Unit, units
from limbeck.texts.words import distinct as share

UNIT = "share"


def distinct(problem: Problem, traces: list[Trace], *, n: int = 3, unit: Unit = "words") -> float | None:
    """Mean distinct-n (arXiv 1510.03055): the share of a sample's n-grams that are different ones; samples
    with fewer than ``n`` words or characters are left out."""
    return ops.mean(share(units(part_of(trace, "text"), unit), n) for trace in traces)
