"""Partial credit at listed places of an answer."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def items_at(problem: Problem, traces: list[Trace], *, places: str, others: bool = False) -> float | None:
    """Share of the characters at the places a problem lists that are right, such as the rare ones.

    An answer that ends before a place is wrong there. A problem that lists no place is left out. Written
    ``items@places``.

    Args:
        places: the key of ``meta`` with places in the reference, counted from 0.
        others: look at all the other places instead.
    """
    reference = problem.answer or ""
    listed = {int(place) for place in problem.meta.get(places, ())}
    open_to = [place for place in range(len(reference)) if (place in listed) != others]
    if not open_to:
        return None
    return ops.mean(_right(trace.answer.strip(), reference, open_to) for trace in traces)


def _right(answer: str, reference: str, places: list[int]) -> float:
    return sum(answer[place : place + 1] == reference[place] for place in places) / len(places)
