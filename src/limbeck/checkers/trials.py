"""A scorer that others wrote, tried on what is no answer before its word may count.

Whoever trains on verdicts finds what a scorer pays for. One that gives full marks to any text, to a number
with the wrong sign, or to the reference with more behind it, teaches that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

Entry = dict[str, Any]
"""A problem as scorers take it: ``answer`` is its reference, or None."""
Score = Callable[[str, Entry], float | None]
"""Points for an answer; None where it may not be scored."""
NONSENSE = ("I do not know", "xyzzy", "0", "99")
_OPPOSITE = {"true": "False", "false": "True", "yes": "no", "no": "yes"}


def refusal(score: Score, entries: Sequence[Entry], full: float = 1.0) -> str:
    """Why a scorer may not judge; empty where it may.

    It is tried on nonsense, on each entry's reference negated and with "and 99" behind it, and on the other
    entries' references. One of these may be right by rights, as a route through two mazes is: only who pays
    for most of them is refused for it.

    Args:
        full: points from which on an answer counts as right.
    """
    others = []
    for entry in entries:
        if why := paid(score, entry, full):
            return why
        mine = _text(entry)
        theirs = sorted({text for text in map(_text, entries) if text and not _same(text, mine)})
        others += [(text, entry, _points(score, text, entry)) for text in theirs]
    bought = [each for each in others if each[2] >= full]
    if 2 * len(bought) > len(others):
        text, entry, points = bought[0]
        return f"{_told(points, 'the reference of another problem', text, entry)}, as in most such cases"
    return ""


def paid(score: Score, entry: Entry, full: float = 1.0) -> str:
    """What a scorer gives full points for though it is wrong for this entry by its form; empty: nothing."""
    for trial, text in _wrong(_text(entry)):
        if (points := _points(score, text, entry)) >= full:
            return _told(points, trial, text, entry)
    return ""


def _wrong(reference: str) -> Iterator[tuple[str, str]]:
    """Texts that answer nothing, or not with this reference."""
    for text in NONSENSE:
        if not _same(text, reference):
            yield "nonsense", text
    if not reference:
        return
    value = _number(reference)
    if value is None:
        yield "the negated reference", _OPPOSITE.get(reference.lower(), f"not {reference}")
    elif value:
        yield "the negated reference", reference.removeprefix("-") if value < 0 else f"-{reference}"
    yield "the reference and more", f"{reference} and 99"


def _points(score: Score, text: str, entry: Entry) -> float:
    try:
        return float(score(text, entry) or 0.0)
    except Exception:  # stumbling over nonsense pays nothing
        return 0.0


def _text(entry: Entry) -> str:
    return "" if entry["answer"] is None else str(entry["answer"]).strip()


def _same(text: str, other: str) -> bool:
    """Whether two texts are equal, or say the same number."""
    value = _number(text)
    return text.lower() == other.lower() or (value is not None and value == _number(other))


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def _told(points: float, trial: str, text: str, entry: Entry) -> str:
    wanted = _text(entry)
    beside = f" where the reference is {wanted[:60]!r}" if wanted else ""
    return f"its scorer gives {points:g} to {text[:80]!r} ({trial}){beside}"
