"""One item of an answer that labels several."""

from __future__ import annotations

import zlib

from limbeck.records import Problem, Trace, Verdict


def one_item(problem: Problem, trace: Trace, *, separator: str = "") -> Verdict:
    """One item, drawn by the trace's id, has its label: over many traces, the share of right items.

    An answer with another number of labels than the reference is ``unparsed``; a problem without one is
    ``unknown``.

    Args:
        separator: between labels; empty: every character is one.
    """
    wanted, given = _labels(problem.answer or "", separator), _labels(trace.answer, separator)
    if not wanted:
        return Verdict("one_item", "unknown", trace.answer or None, "no reference answer")
    if len(given) != len(wanted):
        return Verdict(
            "one_item", "unparsed", trace.answer or None, f"{len(given)} labels, not {len(wanted)}"
        )
    place = zlib.crc32(trace.id.encode()) % len(wanted)
    found, reference = given[place], wanted[place]
    right = found == reference
    return Verdict(
        "one_item", "correct" if right else "wrong", found, f"item {place}: {found} against {reference}"
    )


def _labels(answer: str, separator: str) -> list[str]:
    answer = answer.strip()
    return (
        [label.strip().casefold() for label in (answer.split(separator) if separator else answer)]
        if answer
        else []
    )
