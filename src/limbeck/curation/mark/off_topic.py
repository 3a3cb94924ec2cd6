"""Traces that do not speak of what was asked."""

from __future__ import annotations

from limbeck.curation.ops import by_rule, normalise
from limbeck.records import Data, Problem, Trace
from limbeck.texts.traces import TracePart, part_of
from limbeck.texts.words import Unit, grams, units
from limbeck.types import PositiveShare

SHORT = 4
"""Words with fewer characters and no digit (*the*, *is*) say nothing of a topic."""


def off_topic(
    data: Data, *, least: PositiveShare = 0.1, unit: Unit = "words", of: TracePart = "text"
) -> Data:
    """Mark traces ``off_topic`` in which too few of their question's words come again.

    SERT's filter of relevance (arXiv 2502.12744), by words: a share of the question's different
    ones, without those of fewer than four letters and no digit. A question without any, and a trace whose
    problem the data lacks, are not judged.

    Args:
        least: smallest share, above 0 to 1.
        unit: ``characters`` compares those of puzzles and of formulas.
    """
    of_question: dict[str, set[str]] = {}

    def rule(problem: Problem | None, trace: Trace) -> str:
        if problem is None:
            return ""
        if problem.id not in of_question:
            of_question[problem.id] = _topic(problem.question, unit)
        topic = of_question[problem.id]
        shared = topic & _topic(part_of(trace, of), unit)
        return "off_topic" if topic and len(shared) / len(topic) < least else ""

    return by_rule(data, rule)


def _topic(text: str, unit: Unit) -> set[str]:
    if unit == "characters":
        return {*units(text.casefold(), unit)}
    words = grams(normalise(text), 1)
    return {word for word in words if len(word) >= SHORT or not word.isascii() or _has_digit(word)}


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
