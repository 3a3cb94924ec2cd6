"""Finds the equations in a text whose two sides are plain arithmetic, and checks them exactly.

A side is read where nothing in it is left unread: a name, a function, a mixed-up bracket on either side
leaves the equation out. What can be read in two ways (``10%`` as 0.1 or 10, ``5 million``, units that differ)
is right when one reading is, and left open, not wrong, when none is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from limbeck.answers.runs import VALUES, run_at_beginning, run_at_end
from limbeck.expressions.exact import MEASURES, SCALES, Exact, Token, tokenised

_LONGEST = 400
_OPERATORS = {"+", "-", "*", "∗", "/", "^", "**"}
_EQUAL = re.compile(r"(?<![<>!=:≠])=(?![=>])|≈|\\approx\b")
_GOES_ON = re.compile(r"[^.=]{0,12}\b(?:remainder|rem|r|R|left over|mod|modulo)\b|\s*and\s+\d")
_TWO_FRACTIONS = re.compile(r"/\s+\d+/\d|\d/\d+/")
_ROUNDED = re.compile(r"\b(?:approx\w*|about|around|round\w*|roughly|nearly|almost|estimat\w*)\b", re.I)
_CONVERSIONS = {12, 16, 24, 52, 60, 100, 365, 1000, 1440, 3600, 5280}
_BETWEEN_TWO = {2, 3, 4, 7, 8, 10, 20, 25, 30, 36, 144, 1760, 2000}


class Equation(Struct, frozen=True):
    """``left = right`` in a text from ``start`` to ``end``; ``holds`` is None where two readings differ."""

    left: str
    right: str
    start: int
    end: int
    value: Fraction
    holds: bool | None


class _Side(Struct):
    """One side: what it is worth under either reading of percent signs, and how it was written."""

    text: str
    plain: Fraction
    hundredth: Fraction
    operators: set[str]
    units: set[str]
    odd: bool
    places: int | None
    cut: bool = False
    after: str = ""


def equations(text: str) -> Iterator[Equation]:
    """Every equation in the text that can be read and in which something is computed, in order.

    A decimal on one side may be the other rounded or cut to its places. ``≈``, and words such as *about* or
    *rounded* behind it, allow for 1%.
    """
    start = 0
    for line in text.splitlines(keepends=True):
        if "=" in line or "≈" in line or "\\approx" in line:
            yield from _line(line, start)
        start += len(line)


def _line(line: str, offset: int) -> Iterator[Equation]:
    signs = list(_EQUAL.finditer(line))
    cuts = [0, *(place for sign in signs for place in sign.span()), len(line)]
    pieces = [(line[cuts[i] : cuts[i + 1]], cuts[i]) for i in range(0, len(cuts), 2)]
    for number, sign in enumerate(signs):
        left = _side(pieces[number][0], last=True)
        right = _side(pieces[number + 1][0], last=False)
        if left is None or right is None or not left.operators | right.operators:
            continue
        behind = line[sign.end() : sign.end() + 200].partition(". ")[0]
        loose = sign[0] != "=" or bool(_ROUNDED.search(behind))
        begin, end = offset + pieces[number][1], offset + pieces[number + 1][1] + len(pieces[number + 1][0])
        yield Equation(left.text, right.text, begin, end, left.plain, _holds(left, right, loose))


def _holds(left: _Side, right: _Side, loose: bool) -> bool | None:
    pairs = {(left.plain, right.plain), (left.hundredth, right.hundredth)}
    pairs |= {(left.hundredth, right.plain), (left.plain, right.hundredth)}
    if any(_equal(first, second, left, right, loose) for first, second in pairs):
        return True
    # A scale, or a percentage that may be a share of what it is added to.
    if left.odd or right.odd or len(pairs) > 1:
        return None
    # A remainder behind it, or a lone number that a sentence ends with.
    if _GOES_ON.match(right.after) or (left.cut and not left.operators):
        return None
    units = left.units | right.units
    ratio = abs(left.plain / right.plain) if left.plain and right.plain else Fraction(0)
    ratio = 1 / ratio if 0 < ratio < 1 else ratio
    if units and (ratio in _CONVERSIONS or (len(units) > 1 and ratio in _BETWEEN_TWO)):
        return None
    return None if len(units) > 1 and (left.operators | right.operators) & {"+", "-"} else False


def _equal(first: Fraction, second: Fraction, left: _Side, right: _Side, loose: bool) -> bool:
    gap = abs(first - second)
    if not gap:
        return True
    for side, shown, exact in ((left, first, second), (right, second, first)):
        unit = Fraction(1, 10 ** (side.places or 0))
        rounded, cut = 2 * gap <= unit, gap < unit and abs(shown) < abs(exact)
        if side.places and not side.operators and (rounded or cut):
            return True
    return loose and gap <= max(abs(first), abs(second)) / 100 + Fraction(1, 2)


def _side(piece: str, *, last: bool) -> _Side | None:
    """The arithmetic at a piece's end (``last``) or beginning."""
    whole = len(piece) <= _LONGEST
    piece, tokens = tokenised(piece[-_LONGEST:] if last else piece[:_LONGEST])
    if last and len(tokens) > 1 and tokens[0].text in "-+*" and tokens[0].end < tokens[1].start:
        del tokens[0]  # a list's dash
    span = run_at_end(tokens) if last else run_at_beginning(tokens)
    if span is None or (not whole and (span[0] == 0 if last else span[1] == len(tokens))):
        return None
    chosen = tokens[span[0] : span[1]]
    side = _read(chosen)
    if side is not None:
        side.text = piece[chosen[0].start : chosen[-1].end].strip()
        side.after = piece[chosen[-1].end :]
        words = sum(token.kind == "word" and token.text[0] != "/" for token in chosen[-2:])
        side.cut = last and (span[0] > 0 or chosen[-1].kind == "word")
        side.odd |= (last and words > 1) or bool(_TWO_FRACTIONS.search(side.text)) or "∗" in side.text
    return side


def _read(tokens: list[Token]) -> _Side | None:
    numbers = [token for token in tokens if token.kind in VALUES]
    words = {token.text.casefold().strip("/") for token in tokens if token.kind == "word"}
    words |= {word.removesuffix("s") for word in words}
    terms = [token for token in tokens if token.kind != "word"]
    # A sign in front of all is no operator: "-3 = -3" computes nothing.
    operators = {token.text for token in terms[1:] if token.kind == "op"} & _OPERATORS
    if not numbers:
        return None
    try:
        plain = Exact(terms, Fraction(1)).value()
        hundredth = Exact(terms, Fraction(1, 100)).value()
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    only = numbers[0].text.replace(",", "") if len(numbers) == 1 and numbers[0].kind == "number" else None
    places = None if only is None else len(only.partition(".")[2])
    units = {word for word in words if MEASURES.fullmatch(word)}
    return _Side("", plain, hundredth, operators, units, bool(words & SCALES), places)
