"""One of the items whose places a problem lists."""

from __future__ import annotations

import zlib

from limbeck.records import Problem, Trace, Verdict


def item_at(problem: Problem, trace: Trace, *, places: str, others: bool = False) -> Verdict:
    """One character of the answer, drawn by the trace's id among the listed places, is right.

    Over many traces it is the share of right characters of one kind, such as the rare ones. A problem that
    lists no place is ``unknown``; an answer that ends before the place is ``unparsed``.

    Args:
        places: the key of ``meta`` with places in the reference, counted from 0.
        others: look at all the other places instead.
    """
    reference, answer = problem.answer or "", trace.answer.strip()
    listed = {int(place) for place in problem.meta.get(places, ())}
    open_to = [place for place in range(len(reference)) if (place in listed) != others]
    if not open_to:
        return Verdict("item_at", "unknown", answer or None, f"no place among {places!r}")
    place = open_to[zlib.crc32(trace.id.encode()) % len(open_to)]
    if place >= len(answer):
        return Verdict("item_at", "unparsed", answer or None, f"place {place} lies behind the end")
    found, wanted = answer[place], reference[place]
    return Verdict(
        "item_at", "correct" if found == wanted else "wrong", found, f"place {place}: {found} for {wanted}"
    )
