r"""Sets of real numbers written as intervals, unions or inequalities: ``[2, \infty)``, ``x \ge 2``,
``x<1 or x>2``.

Where all ends are rational, unions and intersections are worked out exactly and overlapping pieces joined;
otherwise pieces are compared one by one, their ends by a function given from outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache, partial
from itertools import pairwise

from limbeck.answers.checks import Leaf, every, matched
from limbeck.answers.inequalities import Piece, solved
from limbeck.answers.normal import quantity, squeeze
from limbeck.answers.rules import Equality

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
_REALS = re.compile(
    r"(?:\\mathbb\s*)?\\?R|(?:the )?(?:set of )?(?:all|any)(?: the)? reals?(?: numbers?)?"
    r"|(?:the )?reals?(?: numbers)?",
    re.I,
)
_STATED = re.compile(r"^(?:the )?(?:domain|range|answer|solution|solution set)(?: of \S+)? is ", re.I)
_EXCEPT = re.compile(r"(.+?)\s*(?:,?\s+except(?: for)?\s+|\\setminus\s*|\\backslash\s*)(.+)", re.S)
_OR, _AND = re.compile(r"\s+or\s+|\\(?:lor|vee)(?![a-z])"), re.compile(r"\s+and\s+|\\(?:land|wedge)(?![a-z])")
_MINUS, _PLUS = ("-\\infty", "-oo"), ("\\infty", "+\\infty", "oo", "+oo")


def same_region(gold: str, answer: str, leaf: Leaf) -> Equality | None:
    """Whether two tidy texts are the same set of real numbers; None where intervals cannot decide."""
    gold, answer = _STATED.sub("", gold), _STATED.sub("", answer)
    if not any(_MARKS.search(text) or _REALS.fullmatch(text) for text in (gold, answer)):
        return None
    left, right = region(gold), region(answer)
    if left is None or right is None:
        return None
    if left[0] and right[0] and left[0] != right[0]:
        return False
    first, second = rational_pieces(left[1]), rational_pieces(right[1])
    if first is not None and second is not None:
        if _joined(first) == _joined(second):
            return True
        if "." not in gold + answer:
            return False
    if len(left[1]) != len(right[1]):
        return None if first is None or second is None else False
    # Ends that are no numbers (``\sqrt 2``, ``a``) are compared one by one, whatever the order of the pieces.
    return matched(left[1], right[1], partial(_same_piece, leaf=leaf))


def _same_piece(left: Piece, right: Piece, leaf: Leaf) -> Equality:
    if (left[1], left[3]) != (right[1], right[3]):
        return False
    ends = ((left[0], right[0]), (left[2], right[2]))
    if any(bool(a) != bool(b) for a, b in ends):
        return False
    return every(partial(_same_end, a, b, leaf) for a, b in ends)


def _same_end(left: str, right: str, leaf: Leaf) -> Equality:
    return not left or squeeze(left) == squeeze(right) or leaf(left, right)


@lru_cache(maxsize=4096)
def region(text: str) -> tuple[str, tuple[Piece, ...]] | None:
    """The variable (empty if unnamed) and the pieces of a set of real numbers, or None where it is none."""
    text = _STATED.sub("", text.strip())
    if text.startswith("{") and "\\mid" in text and text.endswith("}"):
        text = f"\\{text[:-1]}\\}}"
    if named := _BUILDER.fullmatch(text) or _MEMBER.fullmatch(text):
        inner = region(named[2])
        if inner is None or inner[0] not in ("", named[1]):
            return None
        return (named[1] if text[0] != "\\" or "\\{" not in text else "", inner[1])  # a bound name is none
    for pattern, join in ((_OR, _union), (_AND, _both)):
        if len(parts := pattern.split(text)) > 1:
            joint = _combined(parts, join)
            # x < 2 "and" x > 5 can only mean one or the other.
            return _combined(parts, _union) if joint and not joint[1] and pattern is _AND else joint
    if (lacking := _EXCEPT.fullmatch(text)) and (rest := region(lacking[1].strip())):
        points = lacking[2].strip().removeprefix("\\{").removesuffix("\\}").removeprefix("x = ")
        without = _both([rest[1], _all_but(points)]) if quantity(points.split(",")[0].strip()) else None
        return None if without is None else (rest[0], without)
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
    # ``3 > x`` is read from the right, so that all signs point upwards.
    if {"<": "<", "\\le": "<"}.get(signs[0], ">") == ">" and signs[0] != "\\ne":
        flip = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le"}
        sides, signs = sides[::-1], [flip.get(sign, sign) for sign in signs[::-1]]
    names = [position for position, side in enumerate(sides) if re.fullmatch(_NAME, side)]
    if signs[0] == "\\ne" and len(sides) == 2 and names[:1] == [0]:
        return sides[0], _all_but(sides[1])
    known = 1 in names if len(sides) == 3 else len(names) == 1
    if not known or any(sign not in ("<", "\\le") for sign in signs):
        return _solved(sides, signs)
    closed = [sign == "\\le" for sign in signs]
    if len(sides) == 3:
        low = "" if squeeze(sides[0]) in _MINUS else sides[0]
        high = "" if squeeze(sides[2]) in _PLUS else sides[2]
        piece = (low, closed[0] and bool(low), high, closed[1] and bool(high))
        return (sides[1], (piece,)) if 1 in names else None
    # ``x < 2x - 1`` is to be solved first.
    name, bound = sides[names[0]], sides[1 - names[0]]
    if re.search(rf"(?<![\\a-zA-Z]){re.escape(name)}(?![a-zA-Z])", bound):
        return _solved(sides, signs)
    if names == [0]:
        return sides[0], (("", False, sides[1], closed[0]),)
    return sides[1], ((sides[0], closed[0], "", False),)


def _solved(sides: list[str], signs: list[str]) -> tuple[str, tuple[Piece, ...]] | None:
    """A chain of inequalities in one letter, each solved and all of them together."""
    parts = [solved(left, sign, right) for left, sign, right in zip(sides, signs, sides[1:], strict=False)]
    names = {part[0] for part in parts if part}
    if None in parts or len(names) != 1:
        return None
    pieces = [part[1] for part in parts if part]
    whole = pieces[0] if len(pieces) == 1 else _both(pieces)
    return None if whole is None else (names.pop(), whole)


def _all_but(text: str) -> tuple[Piece, ...]:
    points = [point.strip() for point in text.split(",")]
    # ``x \ne \pm 2`` leaves out two points.
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
        pieces = rational_pieces(part)
        if pieces is None:
            return None
        # Every two pieces meet between the higher of their low ends and the lower of their high ones.
        meet = [(a, b) for a in whole for b in pieces]
        whole = [(*max(a[:2], b[:2], key=_low_key), *min(a[2:], b[2:], key=_high_key)) for a, b in meet]
        whole = [piece for piece in whole if not _empty(piece)]
    return tuple(("" if a is None else str(a), b, "" if c is None else str(c), d) for a, b, c, d in whole)


# Keys by which ends are compared: no end lies below every low one and above every high one, and of equal ends
# the low one that belongs comes first, the high one that belongs last.


def _low_key(end: tuple[Fraction | None, bool]) -> tuple[bool, Fraction, bool]:
    return (end[0] is not None, end[0] or Fraction(0), not end[1])


def _high_key(end: tuple[Fraction | None, bool]) -> tuple[bool, Fraction, bool]:
    return (end[0] is None, end[0] or Fraction(0), end[1])


def _empty(piece: Interval) -> bool:
    low, low_in, high, high_in = piece
    return low is not None and high is not None and (low > high or (low == high and not (low_in and high_in)))


def rational_pieces(pieces: tuple[Piece, ...]) -> Exact | None:
    """Pieces whose ends are all rational, as numbers; None where one is not."""
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
    filled = [piece for piece in pieces if not _empty(piece)]
    for piece in sorted(filled, key=lambda piece: _low_key(piece[:2])):
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
