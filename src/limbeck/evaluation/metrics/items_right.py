"""Partial credit for an answer that gives several labels."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def items_right(problem: Problem, traces: list[Trace], *, separator: str = "") -> float | None:
    """Share of the labels that are right, whatever their case.

    An answer with another number of labels than the reference has none right, for nobody can tell which
    belongs to which. A problem without a reference is left out.

    Args:
        separator: between labels; empty: every character is one.
    """
    wanted = _labels(problem.answer or "", separator)
    return ops.mean(_right(_labels(trace.answer, separator), wanted) for trace in traces) if wanted else None


def _right(labels: list[str], wanted: list[str]) -> float:
    if len(labels) != len(wanted):
        return 0.0
    return sum(map(str.__eq__, labels, wanted)) / len(wanted)


def _labels(answer: str, separator: str) -> list[str]:
    text = answer.strip().casefold()
    parts = text.split(separator) if separator and text else list(text)
    return [label.strip() for label in parts]
