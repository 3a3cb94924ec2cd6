"""How often samples use words that betray how they think."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts.behaviours import phrases_of, rate
from limbeck.texts.traces import TracePart, part_of

UNIT = "per 1,000 words"


def markers_at(
    problem: Problem,
    traces: list[Trace],
    *,
    lexicon: str,
    phrases: tuple[str, ...] = (),
    of: TracePart = "text",
) -> float | None:
    """Mean number of a list's words and phrases in 1,000 words; written ``markers@doubt``.

    Args:
        lexicon: a list of `limbeck.texts.behaviours.LEXICONS`, or any name for ``phrases``.
        phrases: in place of the list; whole words, whatever their case.
        of: what of a sample is read. One without a word is left out.
    """
    chosen = phrases_of(lexicon, phrases, "metrics/markers_at")
    return ops.mean(rate(part_of(trace, of), chosen) for trace in traces)
