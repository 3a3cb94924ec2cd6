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

from limbeck.answers.exact import LEANING, MEASURES, SAYING, SCALES, STOPS, Exact, Token, tokenised

_LONGEST = 400
_VALUES = ("number", "mixed")
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
        loose = sign[0] != "=" or bool(
            _ROUNDED.search(line[sign.end() : sign.end() + 200].partition(". ")[0])
        )
        begin, end = offset + pieces[number][1], offset + pieces[number + 1][1] + len(pieces[number + 1][0])
        yield Equation(left.text, right.text, begin, end, left.plain, _holds(left, right, loose))


def _holds(left: _Side, right: _Side, loose: bool) -> bool | None:
    pairs = {(left.plain, right.plain), (left.hundredth, right.hundredth)}
    pairs |= {(left.hundredth, right.plain), (left.plain, right.hundredth)}
    if any(_equal(one, other, left, right, loose) for one, other in pairs):
        return True
    # A scale, a percentage that may be a share of what it is added to, a lone number that a sentence ends
    # with.
    if (
        left.odd
        or right.odd
        or len(pairs) > 1
        or _GOES_ON.match(right.after)
        or (left.cut and not left.operators)
    ):
        return None
    units = left.units | right.units
    ratio = abs(left.plain / right.plain) if left.plain and right.plain else Fraction(0)
    ratio = 1 / ratio if 0 < ratio < 1 else ratio
    if units and (ratio in _CONVERSIONS or (len(units) > 1 and ratio in _BETWEEN_TWO)):
        return None
    return None if len(units) > 1 and (left.operators | right.operators) & {"+", "-"} else False


def _equal(one: Fraction, other: Fraction, left: _Side, right: _Side, loose: bool) -> bool:
    gap = abs(one - other)
    if not gap:
        return True
    for side, shown, exact in ((left, one, other), (right, other, one)):
        unit = Fraction(1, 10 ** (side.places or 0))
        # Rounded to its places, or cut to them.
        if (
            side.places
            and not side.operators
            and (2 * gap <= unit or (gap < unit and abs(shown) < abs(exact)))
        ):
            return True
    return loose and gap <= max(abs(one), abs(other)) / 100 + Fraction(1, 2)


def _side(piece: str, *, last: bool) -> _Side | None:
    """The arithmetic at a piece's end (``last``) or beginning."""
    whole = len(piece) <= _LONGEST
    piece, tokens = tokenised(piece[-_LONGEST:] if last else piece[:_LONGEST])
    if last and len(tokens) > 1 and tokens[0].text in "-+*" and tokens[0].end < tokens[1].start:
        del tokens[0]  # a list's dash
    span = (
        _bounded(tokens, _suffix(tokens), len(tokens), last)
        if last
        else _bounded(tokens, 0, _prefix(tokens), last)
    )
    if span is None or (not whole and (span[0] == 0 if last else span[1] == len(tokens))):
        return None
    chosen = tokens[span[0] : span[1]]
    side = _read(chosen)
    if side is not None:
        side.text = piece[chosen[0].start : chosen[-1].end].strip()
        side.after = piece[chosen[-1].end :]
        words = sum(token.kind == "word" and token.text[0] != "/" for token in chosen[-2:])
        side.cut = last and (span[0] > 0 or chosen[-1].kind == "word")
        side.odd = (
            side.odd or (last and words > 1) or bool(_TWO_FRACTIONS.search(side.text)) or "∗" in side.text
        )
    return side


def _arithmetic(token: Token) -> bool:
    return token.kind in ("number", "mixed", "percent", "op")


def _touches(tokens: list[Token], place: int) -> bool:
    """Whether a token follows the one before it without a space."""
    return 0 < place < len(tokens) and tokens[place - 1].end == tokens[place].start


def _unit(tokens: list[Token], place: int) -> bool:
    """Whether the word at this place belongs to a unit: up to three words behind a number,
    ``tasks per day``."""
    for back in range(1, 4):
        word = tokens[place]
        power = place + 1 < len(tokens) and tokens[place + 1].text in ("^", "(", "_")
        if word.text.casefold() in STOPS or back > place + 1 or (power and _touches(tokens, place + 1)):
            return False
        before = tokens[place - 1] if place else None
        if before is None or (before.kind not in (*_VALUES, "percent", "word") and before.text != ")"):
            return False
        if before.kind != "word":
            # "2x" and "2xy" are products with names, "2cm" and "50/hour" are not.
            if len(word.text) == 1 and word.text not in "mgshlLk":
                return False
            return (
                before.end < word.start
                or word.text[0] == "/"
                or (len(word.text) > 1 and bool(MEASURES.fullmatch(word.text)))
            )
        place -= 1
    return False


def _suffix(tokens: list[Token]) -> int:
    """Where the longest run of arithmetic at the end begins."""
    begin = len(tokens)
    while begin > 0:
        token = tokens[begin - 1]
        behind = tokens[begin] if begin < len(tokens) else None
        if _arithmetic(token):
            # Two numbers side by side: the sentence before ends with one.
            if behind is not None and token.kind in _VALUES and behind.kind in _VALUES:
                break
            begin -= 1
        elif token.kind == "word" and _unit(tokens, begin - 1) and (behind is None or _joins(behind)):
            begin -= 1
        else:
            break
    return begin


def _prefix(tokens: list[Token]) -> int:
    """Where the longest run of arithmetic at the beginning ends."""
    end = 0
    while end < len(tokens):
        token = tokens[end]
        if _arithmetic(token):
            if end and token.kind in _VALUES and tokens[end - 1].kind in ("number", "mixed", "word"):
                break
            # "3 (the rest)" ends with 3.
            if (
                token.text == "("
                and end
                and tokens[end - 1].kind in ("number", "word")
                and not _touches(tokens, end)
            ):
                break
            end += 1
        elif token.kind == "word" and _unit(tokens, end):
            end += 1
        else:
            break
    return end


def _joins(token: Token) -> bool:
    return token.kind == "word" or (token.kind == "op" and token.text != "(")


def _bounded(tokens: list[Token], begin: int, end: int, last: bool) -> tuple[int, int] | None:
    """Without brackets that open or close outside; None where the run leans on something that was not
    read."""
    texts = [token.text for token in tokens]
    while (
        last
        and begin < end
        and texts[begin] == "("
        and texts[begin:end].count("(") > texts[begin:end].count(")")
    ):
        begin += 1
    while (
        not last
        and begin < end
        and texts[end - 1] == ")"
        and texts[begin:end].count(")") > texts[begin:end].count("(")
    ):
        end -= 1
    if begin >= end or _leans_back(tokens, begin, end) or _leans_on(tokens, end):
        return None
    return begin, end


def _leans_back(tokens: list[Token], begin: int, end: int) -> bool:
    """Whether a run belongs to what stands before it: ``x - 3``, ``f(2)``, ``3:4``, ``half of 10``."""
    first = tokens[begin]
    if first.kind == "op" and first.text not in "(-+":
        return True
    if begin == 0:
        return False
    before = tokens[begin - 1]
    if before.kind in _VALUES or (
        before.text in ("and", "or", ",")
        and begin > 1
        and tokens[begin - 2].kind == "number"
        and (before.text != "," or before.end == first.start)
    ):
        return True
    if before.kind == "word" and before.text.casefold() in LEANING:
        return True
    if before.kind == "word" and first.text in "-+":
        # "get -3 + 4" begins with a negative number, "age - 3" and "x -3" do not.
        return not (_touches(tokens, begin + 1) and before.text.casefold() in SAYING)
    # "\\sqrt 4", and "25 + his 1", whose sum is not read.
    if before.kind == "word" and begin > 1 and tokens[begin - 2].text in ("\\", "+", "-", "*", "/"):
        return True
    if before.text == ":":
        return begin > 1 and tokens[begin - 2].kind == "number" and before.end == first.start
    if before.text in ("_", "\\", "^", "!", "|"):
        return True
    return before.end == first.start and before.text not in ",([{\"'>“"


def _leans_on(tokens: list[Token], end: int) -> bool:
    """Whether a run goes on in what stands behind it: ``3x``, ``4!``, ``6:8``, ``5 -`` and then a word."""
    last = tokens[end - 1]
    if last.kind == "op" and last.text != ")":
        return True
    after = tokens[end] if end < len(tokens) else None
    if after is not None and after.kind in _VALUES and last.kind in _VALUES:
        return True
    if after is None or after.start > last.end:
        return False
    if after.text == ":":
        return end + 1 < len(tokens) and tokens[end + 1].start == after.end
    return last.kind != "word" and (after.kind == "word" or after.text in "_\\!°{[")


def _read(tokens: list[Token]) -> _Side | None:
    numbers = [token for token in tokens if token.kind in _VALUES]
    words = {token.text.casefold().strip("/") for token in tokens if token.kind == "word"}
    words |= {word.removesuffix("s") for word in words}
    terms = [token for token in tokens if token.kind != "word"]
    operators = {token.text for place, token in enumerate(terms) if token.kind == "op" and place
                 and token.text in ("+", "-", "*", "∗", "/", "^", "**")}  # fmt: skip
    if not numbers:
        return None
    try:
        plain = Exact(terms, Fraction(1)).value()
        hundredth = Exact(terms, Fraction(1, 100)).value()
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    only = numbers[0].text.replace(",", "") if len(numbers) == 1 and numbers[0].kind == "number" else None
    places = None if only is None else len(only.partition(".")[2])
    return _Side(
        "",
        plain,
        hundredth,
        operators,
        {word for word in words if MEASURES.fullmatch(word)},
        bool(words & SCALES),
        places,
    )
