"""A number with its unit, to the precision that is asked for."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Literal

from limbeck.answers.compare import reading, undressed
from limbeck.answers.extract import find_answer
from limbeck.answers.normal import Quantity, quantity, tidy
from limbeck.answers.question import percent_asked
from limbeck.answers.rules import Unsure
from limbeck.answers.units import unit as known_unit
from limbeck.answers.units import unlike
from limbeck.errors import LimbeckError, unknown
from limbeck.records import Problem, Trace, Verdict

VERSION = 3
_PLACES = {
    **dict.fromkeys(("integer", "whole", "unit", "one", "dollar", "degree", "percent"), 0),
    "tenth": 1,
    **dict.fromkeys(("hundredth", "cent", "penny"), 2),
    "thousandth": 3,
    "ten-thousandth": 4,
}
_NEAREST = re.compile(rf"\bnearest\s+({'|'.join(sorted(_PLACES, key=len, reverse=True))})\b", re.I)
_COUNTS = {word: value for value, word in enumerate(["zero", "one", "two", "three", "four", "five", "six"])}
_DECIMALS = re.compile(r"\b(\d|zero|one|two|three|four|five|six)[\s-]decimal(?:\s+place|\s+digit)?s?\b", re.I)
_SIGNIFICANT = re.compile(r"\b(\d|one|two|three|four|five|six)[\s-]significant\s+(?:figure|digit)s?\b", re.I)
_UNITS = ("known", "needed", "ignored")


def number(
    problem: Problem,
    trace: Trace,
    *,
    tolerance: float = 0.0,
    digits: int = 0,
    units: Literal["known", "needed", "ignored"] = "known",
) -> Verdict:
    """A number with a unit, equal to the reference at the precision that is asked for.

    The precision is ``tolerance``, else ``digits``, else what the question asks ("to the nearest hundredth",
    "two decimal places", "3 significant figures"), else that of the reference as it is written: 3.14159 is
    3.14, for it rounds to it; 3.1 is not. A reference without a point is exact. Units of one kind are
    converted. An answer that is no single number is ``unparsed``; a reference that is none is ``unknown``; so
    is a known unit against another name.

    Args:
        tolerance: how far the number may be from the reference, as a share of the reference; 0 for none.
        digits: significant digits in which the two must agree; 0 for none.
        units: ``known``: a unit may be missing on one side; ``needed``: an answer without is ``unparsed``
            where the reference has one; ``ignored``: only numbers are compared.

    Raises:
        LimbeckError: a tolerance outside [0, 1), negative digits, or another word for ``units``.
    """
    if units not in _UNITS:
        raise unknown("units", units, _UNITS, "verifiers/number")
    if not 0 <= tolerance < 1 or digits < 0:
        raise LimbeckError(
            f"verifiers/number: tolerance must be in [0, 1) and digits 0 or more, not {tolerance} and "
            f"{digits}"
        )
    gold = _number(find_answer(problem.answer or "") or "")
    if gold is None:
        return Verdict(
            "number", "unknown", reason=f"the reference {(problem.answer or '')[:80]!r} is not a number"
        )
    text = find_answer(trace.answer)
    answer = _number(text) if text else None
    if text is None or answer is None:
        return Verdict(
            "number", "unparsed", text and text[:200], "no single number" if text else "no answer found"
        )
    value = _converted(answer, gold, units)
    if isinstance(value, tuple):
        return Verdict("number", value[0], text, value[1])
    slack = _slack(gold, problem.question, tolerance, digits)
    near = abs(value - gold.value) <= slack
    large = max(abs(answer.value), abs(gold.value)) > 1  # 0.5% is not 0.5
    if not near and large and gold.percent != answer.percent and abs(answer.value - gold.value) <= slack:
        # 50 is 50% too, unless there is a question and it speaks of no percentage; as verifiers/math has it.
        if not percent_asked(problem.question):
            reason = (
                f"{text} and {_shown(gold)} differ by a sign of percent, which the question does not mention"
            )
            return Verdict("number", "unknown", text, reason)
        near = True
    return Verdict(
        "number", "correct" if near else "wrong", text, f"{text} {'=' if near else 'is not'} {_shown(gold)}"
    )


def _converted(
    answer: Quantity, gold: Quantity, units: str
) -> Fraction | tuple[Literal["wrong", "unknown", "unparsed"], str]:
    """The answer's value in the reference's unit, or the outcome and the reason where units decide."""
    value = answer.value
    if gold.percent != answer.percent:
        value = value / 100 if answer.percent else value * 100
    if units == "ignored" or gold.unit == answer.unit:
        return value
    if units == "needed" and gold.unit and not answer.unit:
        return "unparsed", f"no unit, where the reference has {gold.unit}"
    left, right = known_unit(gold.unit), known_unit(answer.unit)
    if left and right:
        if left[0] != right[0]:
            return "wrong", f"{answer.unit} does not measure what {gold.unit} does"
        return value * right[1] / left[1]
    if gold.scale != answer.scale and gold.value * answer.scale == answer.value * gold.scale:
        return "unknown", "the same number in units of another size, perhaps"
    if gold.unit and answer.unit and (unlike(gold.unit, answer.unit) or units == "needed"):
        return "unknown", f"{answer.unit} against {gold.unit}"
    return value


def _number(text: str) -> Quantity | None:
    try:
        return quantity(reading(undressed("0", tidy(text)))) if len(text) <= 500 else None
    except Unsure:  # "not 9" is no number
        return None


def _shown(gold: Quantity) -> str:
    return f"{gold.value}{'%' * gold.percent}{' ' * bool(gold.unit)}{gold.unit}"


def _slack(gold: Quantity, question: str, tolerance: float, digits: int) -> Fraction:
    """How far from the reference an answer may be."""
    if tolerance:
        return Fraction(tolerance) * abs(gold.value)
    if not digits and (asked := _SIGNIFICANT.search(question)):
        digits = _count(asked[1])
    if digits:
        return _half(digits - 1 - _magnitude(gold.value)) if gold.value else Fraction(0)
    if asked := _NEAREST.search(question):
        return _half(_PLACES[asked[1].lower()])
    if asked := _DECIMALS.search(question):
        return _half(_count(asked[1]))
    return _half(gold.digits) if gold.digits else Fraction(0)


def _count(word: str) -> int:
    return int(word) if word.isdigit() else _COUNTS[word.lower()]


def _half(places: int) -> Fraction:
    return Fraction(10) ** -places / 2


def _magnitude(value: Fraction) -> int:
    """The power of ten of the first digit."""
    size = len(str(abs(value).numerator)) - len(str(value.denominator))
    while Fraction(10) ** size > abs(value):
        size -= 1
    while Fraction(10) ** (size + 1) <= abs(value):
        size += 1
    return size
