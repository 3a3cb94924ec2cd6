"""Stretches of documents: what two sets of them share, in characters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from limbeck.errors import LimbeckError
from limbeck.records import Problem


class Span(NamedTuple):
    """Characters ``start`` to ``end`` of a document."""

    document: str
    start: int
    end: int


def references_of(problem: Problem) -> list[Span]:
    """The stretches that answer a question: ``meta["references"]``, each ``document``, ``start`` and ``end``.

    Raises:
        LimbeckError: something else stands there, or a stretch ends before it begins.
    """
    listed = problem.meta.get("references") or []
    try:
        spans = [Span(str(each["document"]), int(each["start"]), int(each["end"])) for each in listed]
    except (TypeError, KeyError, ValueError):
        spans = []
    if not spans or any(span.end <= span.start for span in spans):
        raise LimbeckError(
            f"problem {problem.id}: meta['references'] is a list of {{document, start, end}}, "
            f"not {listed!r:.80}"
        )
    return spans


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same characters, each once: sorted stretches that do not touch."""
    whole: list[Span] = []
    for span in sorted(spans):
        if whole and whole[-1].document == span.document and span.start <= whole[-1].end:
            whole[-1] = whole[-1]._replace(end=max(whole[-1].end, span.end))
        else:
            whole.append(span)
    return whole


def length(spans: Iterable[Span]) -> int:
    """Characters of stretches that do not overlap."""
    return sum(span.end - span.start for span in spans)


def shared(first: Iterable[Span], second: Iterable[Span]) -> int:
    """Characters that lie in both of two sets of stretches."""
    total = 0
    for ours in joined(first):
        for other in joined(second):
            if ours.document == other.document:
                total += max(0, min(ours.end, other.end) - max(ours.start, other.start))
    return total


def compared(retrieved: Iterable[Span], references: Iterable[Span]) -> dict[str, float]:
    """``precision``, ``recall`` and ``iou`` of retrieved characters: ``|R ∩ C|`` over ``|C|``, ``|R|`` and
    ``|R ∪ C|``, R the references' and C the retrieved ones; 0 where nothing was retrieved."""
    mine, theirs = joined(retrieved), joined(references)
    both, taken, wanted = shared(mine, theirs), length(mine), length(theirs)
    return {
        "precision": both / taken if taken else 0.0,
        "recall": both / wanted,
        "iou": both / (taken + wanted - both),
    }


_SAME = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "\u00a0": " "})


def located(text: str, excerpt: str) -> tuple[int, int] | None:
    """Where an excerpt stands in a text: as it is, or but for capitals, blanks, quotes and dashes.

    Nothing else is forgiven, least of all a digit: an excerpt that says something of its own is none. Of
    several places the first. None where it stands nowhere.
    """
    start = text.find(excerpt) if excerpt.strip() else -1
    if start >= 0:
        return start, start + len(excerpt)
    flat, places = _flat(text)
    wanted, _ = _flat(excerpt)
    start = flat.find(wanted) if wanted else -1
    return (places[start], places[start + len(wanted) - 1] + 1) if start >= 0 else None


def _flat(text: str) -> tuple[str, list[int]]:
    """A text with one blank between words, and for each of its characters the place it had."""
    characters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text.translate(_SAME)):
        blank = character.isspace()
        if blank and (not characters or characters[-1] == " "):
            continue
        # A letter that is two in lower case, as in Turkish or German, would shift all that follow.
        small = " " if blank else character.lower()
        characters.append(small if len(small) == 1 else character)
        places.append(place)
    if characters and characters[-1] == " ":
        characters.pop()
        places.pop()
    return "".join(characters), places
