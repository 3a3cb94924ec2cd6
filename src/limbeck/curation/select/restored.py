"""Rewritten traces kept only where they proved correct; elsewhere their sources come back."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace


def restored(data: Data, *, marks: tuple[str, ...] = ("full", "gaps"), ctx: Context) -> Data:
    """Mark rewritten traces that no verifier called correct, and take the mark from sources left without one.

    For behind a verifier that follows a method which shortens, rewrites or mends traces: `curation/reject`
    would leave such problems without a trace.

    Args:
        marks: what these methods mark sources with; further marks of a source stay.

    Returns:
        The data; an unmarked rewriting, which is a trace with parents, is marked with its outcome unless that
        is ``correct``, one that was never verified ``unknown``. A source loses ``marks`` where all its
        rewritings bear a mark. How many of each is told.
    """
    judged = [_judged(trace) for trace in data.traces]
    serving = {parent for trace in judged if not trace.marks for parent in trace.parents}
    rewritten = {parent for trace in judged for parent in trace.parents}
    failed = sum(before is not after for before, after in zip(data.traces, judged, strict=True))
    back = 0
    for place, trace in enumerate(judged):
        left = [mark for mark in trace.marks if mark not in marks]
        if trace.id in rewritten - serving and len(left) < len(trace.marks):
            judged[place] = replace(trace, marks=left)
            back += 1
    ctx.log(f"{failed:,} rewritings did not prove correct; {back:,} sources take their place again")
    return Data(data.problems, judged, data.pairs)


def _judged(trace: Trace) -> Trace:
    unproved = trace.parents and not trace.marks and trace.outcome != "correct"
    return marked(trace, trace.outcome) if unproved else trace
