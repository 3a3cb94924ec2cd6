"""Traces scored by how easily they read."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.records import Data, Trace
from limbeck.texts.readability import reading_ease
from limbeck.texts.traces import TracePart, part_of


def readable(
    data: Data, *, least: float | None = None, of: TracePart = "reasoning", score: str = "readability"
) -> Data:
    """Score each trace by Flesch's reading ease, about 0 (hard) to 100 (easy), for English texts.

    What is measured is sentences and syllables (`limbeck.texts.readability`), not whether the thought can be
    followed: `curation/verbosity` asks a judge that.

    Args:
        least: traces of a lower value are marked ``unreadable``; by default none is.
        of: what of the trace is read.
        score: the value is ``scores["readability"]``; a trace without a word has none and is not marked.
    """

    def looked(trace: Trace) -> Trace:
        value = reading_ease(part_of(trace, of))
        if value is None:
            return trace
        scored = replace(trace, scores={**trace.scores, score: value})
        return marked(scored, "unreadable") if least is not None and value < least else scored

    return Data(data.problems, [looked(trace) for trace in data.traces], data.pairs)
