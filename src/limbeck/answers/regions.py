r"""Sets of real numbers written as intervals, unions or inequalities: ``[2, \infty)``, ``x \ge 2``,
``x<1 or x>2``.

Where all ends are rational, unions and intersections are worked out exactly and overlapping pieces joined;
otherwise pieces are compared one by one, their ends by a function given from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from limbeck.answers.normal import quantity, squeeze

Piece = tuple[str, bool, str, bool]
"""Lower end ("" is minus infinity), whether it belongs, upper end ("" is infinity), whether it belongs."""
Interval = tuple[Fraction | None, bool, Fraction | None, bool]
"""Lower end and whether it belongs to it, upper end and whether it does; None where there is no end."""
Exact = list[Interval]

_MARKS = re.compile(
    r"[<>]|\\(?:[lg]e|ne|cup|in|R|mathbb)(?![a-zA-Z])|\\infty|^\(.*\]$|^[\[\]].*[)\[]$|^\].*\]$", re.S
)
_PIECE = re.compile(r"([(\[\]])([^,;]+)[,;]([^,;]+)([)\]\[])", re.S)
_NAME = r"(?:[A-Za-z]|\\(?:alpha|beta|theta|lambda|mu|phi))(?:_\w)?(?:\([a-z]\))?"
_MEMBER = re.compile(rf"({_NAME})\s*\\in\s*(?![a-z])(.+)", re.S)
_BUILDER = re.compile(rf"\\\{{\s*({_NAME})\s*(?:\\in\s*R\s*)?(?:\\mid|\||:)\s*(.+?)\s*\\\}}", re.S)
_SIGN = re.compile(r"(<|>|\\le(?![a-z])|\\ge(?![a-z])|\\ne(?![a-z]))")
_REALS = re.compile(r"\\?R|(?:all|any)(?: the)? reals?(?: numbers?)?|reals?(?: numbers)?")
_OR, _AND = re.compile(r"\s+or\s+|\\(?:lor|vee)(?![a-z])"), re.compile(r"\s+and\s+|\\(?:land|wedge)(?![a-z])")
_MINUS, _PLUS = ("-\\infty", "-oo"), ("\\infty", "+\\infty", "oo", "+oo")


def same_region(gold: str, answer: str, leaf: Callable[[str, str], bool]) -> bool | None:
    """Whether two tidy texts are the same set of real numbers; None where this is not for intervals to
    decide."""
    if not (_MARKS.search(gold) or _MARKS.search(answer)):
        return None
    left, right = region(gold), region(answer)
    if left is None or right is None:
        return None
    if left[0] and right[0] and left[0] != right[0]:
        return False
    first, second = _exact(left[1]), _exact(right[1])
    if first is not None and second is not None:
        return _joined(first) == _joined(second)
    if len(left[1]) != len(right[1]):
        return None
    rest = list(right[1])
    for piece in left[1]:
        match = next((other for other in rest if _same_piece(piece, other, leaf)), None)
        if match is None:
            return False
        rest.remove(match)
    return True


def _same_piece(left: Piece, right: Piece, leaf: Callable[[str, str], bool]) -> bool:
    if (left[1], left[3]) != (right[1], right[3]):
        return False
    ends = ((left[0], right[0]), (left[2], right[2]))
    if any(bool(a) != bool(b) for a, b in ends):
        return False
    return all(not a or squeeze(a) == squeeze(b) or leaf(a, b) for a, b in ends)


@lru_cache(maxsize=4096)
def region(text: str) -> tuple[str, tuple[Piece, ...]] | None:
    """The variable (empty if none is named) and the pieces of a set of real numbers, or None where it is
    none."""
    text = text.strip()
    if named := _BUILDER.fullmatch(text) or _MEMBER.fullmatch(text):
        inner = region(named[2])
        return None if inner is None or inner[0] not in ("", named[1]) else (named[1], inner[1])
    for pattern, join in ((_OR, _union), (_AND, _both)):
        if len(parts := pattern.split(text)) > 1:
            return _combined(parts, join)
    if _SIGN.search(text) and not text.startswith(("(", "[")):
        listed = re.split(r"[,;]\s*(?=\S*\s*[<>\\])", text)
        if len(listed) > 1 and all(_SIGN.search(part) for part in listed):
            # A comma is "and" between conditions that can hold together, "or" between those that cannot.
            both = _combined(listed, _both)
            return both if both is None or both[1] else _combined(listed, _union)
        return _inequality(text)
    if len(parts := text.split("\\cup")) > 1:
        return _combined(parts, _union)
    if _REALS.fullmatch(text):
        return "", (("", False, "", False),)
    if text.startswith("\\{") and text.endswith("\\}"):
        points = [point.strip() for point in text[2:-2].split(",")]
        return ("", tuple((point, True, point, True) for point in points)) if all(points) else None
    return _bracketed(text)


def _bracketed(text: str) -> tuple[str, tuple[Piece, ...]] | None:
    piece = _PIECE.fullmatch(text)
    if not piece:
        return None
    opening, low, high, closing = piece.groups()
    if squeeze(low) in _PLUS or squeeze(high) in _MINUS:
        return None
    # An end that is infinite is written empty, and never belongs to the piece.
    low = "" if squeeze(low) in _MINUS else low.strip()
    high = "" if squeeze(high) in _PLUS else high.strip()
    return "", ((low, opening == "[" and bool(low), high, closing == "]" and bool(high)),)


def _inequality(text: str) -> tuple[str, tuple[Piece, ...]] | None:
    parts = [part.strip() for part in _SIGN.split(text)]
    sides, signs = parts[::2], parts[1::2]
    if not all(sides) or len(sides) > 3:
        return None
    if {"<": "<", "\\le": "<"}.get(signs[0], ">") == ">" and signs[0] != "\\ne":
        flip = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le"}
        sides, signs = sides[::-1], [flip.get(sign, sign) for sign in signs[::-1]]
    names = [position for position, side in enumerate(sides) if re.fullmatch(_NAME, side)]
    if signs[0] == "\\ne" and len(sides) == 2 and names[:1] == [0]:
        return sides[0], _all_but(sides[1])
    if any(sign not in ("<", "\\le") for sign in signs):
        return None
    closed = [sign == "\\le" for sign in signs]
    if len(sides) == 3:
        low, high = (
            ("" if squeeze(sides[0]) in _MINUS else sides[0]),
            ("" if squeeze(sides[2]) in _PLUS else sides[2]),
        )
        return (
            (sides[1], ((low, closed[0] and bool(low), high, closed[1] and bool(high)),))
            if 1 in names
            else None
        )
    if len(names) != 1 or re.search(
        rf"(?<![\\a-zA-Z]){re.escape(sides[names[0]])}(?![a-zA-Z])", sides[1 - names[0]]
    ):
        return None
    if names == [0]:
        return sides[0], (("", False, sides[1], closed[0]),)
    return sides[1], ((sides[0], closed[0], "", False),)


def _all_but(text: str) -> tuple[Piece, ...]:
    points = [point.strip() for point in text.split(",")]
    both = [sign + point[3:].strip() for point in points if point.startswith("\\pm") for sign in ("", "-")]
    points = both + [point for point in points if not point.startswith("\\pm")]
    values = [quantity(point) for point in points]
    if all(values):
        points = [point for _, point in sorted(zip([v.value for v in values if v], points, strict=True))]
    ends = ["", *points, ""]
    return tuple((low, False, high, False) for low, high in pairwise(ends))


def _combined(
    texts: list[str], join: Callable[[list[tuple[Piece, ...]]], tuple[Piece, ...] | None]
) -> tuple[str, tuple[Piece, ...]] | None:
    read = [region(text) for text in texts]
    regions = [each for each in read if each is not None]
    if len(regions) < len(texts):
        return None
    names = {name for name, _ in regions if name}
    pieces = join([pieces for _, pieces in regions])
    return None if pieces is None or len(names) > 1 else (next(iter(names), ""), pieces)


def _union(parts: list[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    return tuple(piece for part in parts for piece in part)


def _both(parts: list[tuple[Piece, ...]]) -> tuple[Piece, ...] | None:
    """The intersection, for rational ends."""
    whole: Exact = [(None, False, None, False)]
    for part in parts:
        pieces = _exact(part)
        if pieces is None:
            return None
        # Every two pieces meet between the higher of their low ends and the lower of their high ones.
        meet = [(a, b) for a in whole for b in pieces]
        whole = [(*max(a[:2], b[:2], key=_low_key), *min(a[2:], b[2:], key=_high_key)) for a, b in meet]
        whole = [piece for piece in whole if not _empty(piece)]
    return tuple(("" if a is None else str(a), b, "" if c is None else str(c), d) for a, b, c, d in whole)


def _low_key(end: tuple[Fraction | None, bool]) -> tuple[bool, Fraction, bool]:
    return (end[0] is not None, end[0] or Fraction(0), not end[1])


def _high_key(end: tuple[Fraction | None, bool]) -> tuple[bool, Fraction, bool]:
    return (end[0] is None, end[0] or Fraction(0), end[1])


def _empty(piece: Interval) -> bool:
    low, low_in, high, high_in = piece
    return low is not None and high is not None and (low > high or (low == high and not (low_in and high_in)))


def _exact(pieces: tuple[Piece, ...]) -> Exact | None:
    exact: Exact = []
    for low, low_in, high, high_in in pieces:
        first, last = quantity(low), quantity(high)
        if (low and (first is None or first.unit)) or (high and (last is None or last.unit)):
            return None
        exact.append((first.value if first else None, low_in, last.value if last else None, high_in))
    return exact


def _joined(pieces: Exact) -> Exact:
    """The same set as separate pieces in order."""
    whole: Exact = []
    for piece in sorted(
        (piece for piece in pieces if not _empty(piece)), key=lambda piece: _low_key(piece[:2])
    ):
        if whole and _touch(whole[-1], piece):
            last = whole[-1]
            whole[-1] = (*last[:2], *max(last[2:], piece[2:], key=_high_key))
        else:
            whole.append(piece)
    return whole


def _touch(left: Interval, right: Interval) -> bool:
    if left[2] is None or right[0] is None:
        return True
    return bool(left[2] > right[0] or (left[2] == right[0] and (left[3] or right[1])))
