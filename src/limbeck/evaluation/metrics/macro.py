"""Accuracy in which every kind of problem counts alike."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence

from limbeck.curation.ops import field_of
from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "score"


def macro(problem: Problem, traces: list[Trace], *, field: str) -> tuple[float, float] | None:
    """Pass@1 averaged within each kind of problem first, then over kinds: macro accuracy.

    Args:
        field: says what kind a problem is: a key of ``meta``, or a field of `Problem` such as ``source``.

    Returns:
        A digest of the kind, and the share of right samples; None for a problem of no kind.
    """
    kind = field_of(problem, field)
    share = ops.mean(trace.outcome == "correct" for trace in traces)
    if kind is None or share is None:
        return None
    return float(zlib.crc32(str(kind).encode())), share


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """A problem's share in the macro accuracy, of which the mean is the macro accuracy."""
    counts = Counter(kind for kind, _ in parts)
    return [share * len(parts) / (len(counts) * counts[kind]) for kind, share in parts]
