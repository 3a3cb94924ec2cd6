"""Spellings that the other side explains: ``A(3,4)``, ``3 to 4``, 550 cents, 36°52', an option's letter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from limbeck.answers.conventions import agreed
from limbeck.answers.normal import quantity, squeeze
from limbeck.answers.options import affirmed
from limbeck.answers.rules import Unsure

_POINT = re.compile(r"[A-Z](?:_\w|'|\d)? ?=? ?(\(.*,.*\))", re.S)
_TUPLE = re.compile(r"\(.*,.*\)", re.S)
_REMAINDER = re.compile(r"(\d{1,15}) ?(?:R|r|(?:with )?(?:a )?remainder(?: of)?)[. ]*(\d{1,15})")
_EACH_POINT = re.compile(r"(?<![A-Za-z\\])([A-Z]) ?=? ?(\([^()]*\))")
_IN = re.compile(r"(\d{1,9}) (?:in|out of) (\d{1,9})")
_TO = re.compile(r"(\d{1,9}) (?:to|is to) (\d{1,9})")
_RATIO = re.compile(r"\d{1,9} ?: ?\d{1,9}")
_TURN = re.compile(
    r"(-?)(\d{1,4}) ?degrees(?: ?(\d{1,2}(?:\.\d+)?) ?(?:'|minutes?))?"
    r"(?: ?(\d{1,2}(?:\.\d+)?) ?(?:\"|''|seconds?)?)?"
)
_MEASURES = ("unit", "units", "rad", "radian", "radians")
_UNITS = re.compile(r"(.*?[\d})a-z]) ?\b((?:(?:square|cubic) )?units?|rad(?:ian)?s?)", re.S)
_FIRST_WORD = re.compile(r"(yes|no|true|false)(?=[,.;:!—-]| because| since)", re.I)
_NAMED = re.compile(r"([A-Za-z]{3,20}) ?[:=]? ?(-?\d[\d.]*)")
_OPTION = re.compile(r"\(?([A-J])\)?[.):]?")
_LETTERED = re.compile(r"\(?([B-J])\)?[.):]?\s+[^\W\d_]{2}.*|\(?(A)(?:[.):]\)?\s+.*|\s+[A-Z][a-z].*)")
_ALL_REALS = {"R", r"(-\infty,\infty)"}


def alike(gold: str, answer: str) -> tuple[str, str]:
    """Two tidy texts in the dress of each other, as far as both say the same kind of thing.

    Raises:
        Unsure: see `agreed`; one side is in degrees and the other in radians.
    """
    gold, answer = agreed(gold, answer)
    if "(" in gold and "(" in answer:
        gold, answer = _points(_pointless(gold, answer), _pointless(answer, gold))
    if " to " in answer or " to " in gold:
        gold, answer = _as_ratio(gold, answer), _as_ratio(answer, gold)
    if " in " in answer + gold or " out of " in answer + gold:
        gold, answer = _chance(gold, answer), _chance(answer, gold)
    if "degrees" in answer or "degrees" in gold:
        gold, answer = _turned(gold), _turned(answer)
    if answer.startswith(("minus ", "negative ")) and _negated(gold, answer):
        return gold, gold
    if "emainder" in answer + gold or " R " in answer + gold:
        gold, answer = _REMAINDER.sub(r"\1 R \2", gold), _REMAINDER.sub(r"\1 R \2", answer)
    if "cent" in answer:
        answer = _in_dollars(gold, answer)
    if (answer == "R" or gold == "R") and {squeeze(gold), squeeze(answer)} <= _ALL_REALS:
        return gold, gold
    if "radian" in answer + gold and "degrees" in answer + gold and quantity(gold) and quantity(answer):
        raise Unsure(f"{answer} and {gold} are in degrees and in radians")
    gold, answer = _measured(gold, answer), _measured(answer, gold)
    return _lettered(*_worded(gold, answer))


def _pointless(text: str, other: str) -> str:
    """``(3,4)`` of the point ``A(3,4)``, where the other side has no name."""
    point = _POINT.fullmatch(text)
    return point[1] if point and _TUPLE.fullmatch(other) else text


def _points(gold: str, answer: str) -> tuple[str, str]:
    """``B(3,4), A(1,2)`` in the order of ``A(1,2), B(3,4)``."""
    if gold.count("(") != answer.count("(") or gold.count("(") < 2:
        return gold, answer
    left, right = [dict(_EACH_POINT.findall(text)) for text in (gold, answer)]
    if len(left) != gold.count("(") or set(left) != set(right):
        return gold, answer
    return _ordered(left.values()), _ordered(right[name] for name in left)


def _ordered(values: Iterable[str]) -> str:
    """Values whose names were dropped, as a tuple: their order counts."""
    return f"({', '.join(values)})"


def _chance(text: str, other: str) -> str:
    """``1 in 6`` as the reference 1/6."""
    chance, number = _IN.fullmatch(text), quantity(other)
    same = chance and number and int(chance[2]) and number.value == Fraction(int(chance[1]), int(chance[2]))
    return other if same else text


def _as_ratio(text: str, other: str) -> str:
    ratio = _TO.fullmatch(text)
    return f"{ratio[1]}:{ratio[2]}" if ratio and (_RATIO.fullmatch(other) or _TO.fullmatch(other)) else text


def _negated(gold: str, answer: str) -> bool:
    """Whether ``minus 42`` is the reference."""
    wanted, given = quantity(gold), quantity(answer.split(" ", 1)[1])
    return wanted is not None and given is not None and wanted.value == -given.value


def _turned(text: str) -> str:
    """``36 degrees 52' 12"`` as a fraction of degrees."""
    turn = _TURN.fullmatch(text.strip())
    if turn is None or not (turn[3] or turn[4]):
        return text
    value = int(turn[2]) + Fraction(turn[3] or 0) / 60 + Fraction(turn[4] or 0) / 3600
    return f"{turn[1]}{value.numerator}/{value.denominator} degrees"


def _in_dollars(gold: str, answer: str) -> str:
    """``550 cents`` as the reference 5.50, which is written as money is."""
    money, paid = quantity(gold), quantity(answer)
    if not money or not paid or money.unit or money.digits != 2 or paid.unit.rstrip("s") != "cent":
        return answer
    return gold if paid.value == money.value * 100 else answer


def _measured(text: str, other: str) -> str:
    """``12 \\pi square units`` and ``\\pi/4 radians`` without a measure that says nothing more."""
    measured = (
        _UNITS.fullmatch(text)
        if text.endswith(("unit", "units", "rad", "rads", "radian", "radians"))
        else None
    )
    return measured[1] if measured and not quantity(text) and not other.endswith(measured[2]) else text


def _worded(gold: str, answer: str) -> tuple[str, str]:
    """``Yes`` of ``Yes, because …``, and named numbers in the order of the reference."""
    if gold.casefold() in ("yes", "no", "true", "false"):
        first = _FIRST_WORD.match(answer)
        return (gold, first[1]) if first else (gold, answer)
    if not (_NAMED.match(gold) and _NAMED.match(answer)):
        return gold, answer
    left, right = [dict(_NAMED.findall(text)) for text in (gold, answer)]
    whole = all("".join(_NAMED.sub("", text).split()).strip(",and") == "" for text in (gold, answer))
    if not whole or len(left) < 2 or set(left) != set(right):
        return gold, answer
    return _ordered(left.values()), _ordered(right[name] for name in left)


def _lettered(gold: str, answer: str) -> tuple[str, str]:
    """An option's letter for ``C Cecile``, and for a sentence that names one against a letter."""
    if (letter := _OPTION.fullmatch(answer)) and (full := _LETTERED.fullmatch(gold)):
        return full[1] or full[2], letter[1]
    if (full := _LETTERED.fullmatch(gold)) and gold.casefold().endswith(f" {answer.casefold()}"):
        return answer, answer
    letter = _OPTION.fullmatch(gold)
    if letter is None or len(answer) < 3 or not re.search(r"\w\W+\w|[^\x00-\x7f]", answer):
        return gold, answer
    named = affirmed(answer)
    return (letter[1], named.pop()) if len(named) == 1 else (gold, answer)
