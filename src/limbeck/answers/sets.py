r"""Finite sets written with an ellipsis or by set operations: ``\{1, 2, \ldots, 10\}``,
``\{1, 2, 3\} \setminus \{2\}``."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from limbeck.answers.normal import quantity, squeeze
from limbeck.answers.regions import rational_pieces, region
from limbeck.answers.shape import split

_BARE = re.compile(r"(?<![\\}\w^_])\{([^{}\\]*,[^{}\\]*)\}")
_OPERATIONS = {
    "\\cup": "union",
    "\\cap": "intersection",
    "\\setminus": "difference",
    "\\backslash": "difference",
}
_OPERATION = re.compile(r"(\\cup|\\cap|\\setminus|\\backslash)(?![a-z])")
_ELLIPSIS = re.compile(r"\\(?:[lcd]?dots)|\.\.\.|…")
_AMONG = re.compile(r"\\\{\s*([a-z])\s*\\in\s*(?:\\mathbb\s*)?\\?Z\s*(?:\\mid|\||:|,)\s*(.+?)\s*\\\}")
_MOST = 100


def listed(text: str) -> str:
    """A tidy text with its ellipsis filled in and its set operations done, or as it was."""
    if "\\cup" in text or "\\cap" in text:
        text = _BARE.sub(r"\\{\1\\}", text)
    if _ELLIPSIS.search(text):
        inner = text[2:-2] if text.startswith("\\{") else text
        full = _filled(split(inner))
        text = text if full is None else text.replace(inner, ", ".join(full), 1)
    if (among := _AMONG.fullmatch(text)) and (whole := _whole_numbers(among[2])):
        return whole
    return _computed(text) if _OPERATION.search(text) else text


def _whole_numbers(condition: str) -> str | None:
    """The whole numbers between two bounds, as a set."""
    bounded = region(condition)
    pieces = rational_pieces(bounded[1]) if bounded else None
    if not pieces or any(low is None or high is None or high - low > _MOST for low, _, high, _ in pieces):
        return None
    members = []
    for low, low_in, high, high_in in pieces:
        numbers = range(ceil(low or 0), floor(high or 0) + 1)
        members += [str(n) for n in numbers if (low_in or n != low) and (high_in or n != high)]
    return rf"\{{{', '.join(members)}\}}"


def _filled(parts: list[str]) -> list[str] | None:
    """``1, 2, …, 5`` as 1, 2, 3, 4, 5; None where the step is not told or the end is missed."""
    place = next((i for i, part in enumerate(parts) if _ELLIPSIS.fullmatch(part)), None)
    if place is None or place < 2 or place + 2 != len(parts):
        return None
    numbers = [number.value for part in parts if (number := quantity(part)) and not number.unit]
    if len(numbers) != len(parts) - 1:
        return None
    step = numbers[1] - numbers[0]
    even = all(b - a == step for a, b in pairwise(numbers[:place]))
    count = (numbers[-1] - numbers[0]) / step if step else Fraction(-1)
    if not even or count.denominator != 1 or not place <= count < _MOST:
        return None
    return [str(numbers[0] + step * i) for i in range(int(count) + 1)]


def _computed(text: str) -> str:
    """What unions, intersections and differences of sets of numbers leave, from left to right."""
    first, *rest = _OPERATION.split(text)
    members = _members(first)
    for sign, part in zip(rest[::2], rest[1::2], strict=True):
        other = _members(part)
        if members is None or other is None:
            return text
        kept = getattr(set(members), _OPERATIONS[sign])(other)
        members = {key: (members | other)[key] for key in sorted(kept, key=str)}
    if members is None:
        return text
    return rf"\{{{', '.join(members.values())}\}}" if members else r"\emptyset"


def _members(text: str) -> dict[object, str] | None:
    """The elements of a set of numbers or letters by what they are worth, or None."""
    text = text.strip()
    if text == "\\emptyset":
        return {}
    if not (text.startswith("\\{") and text.endswith("\\}")) or "{" in text[2:-2]:
        return None
    members: dict[object, str] = {}
    for part in split(text[2:-2]):
        number = quantity(part)
        members[number.value if number and not number.unit else squeeze(part)] = part
    return members
