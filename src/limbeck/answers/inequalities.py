"""Inequalities in one letter, linear, quadratic or with one absolute value, solved exactly."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from limbeck.expressions.forms import form, rational
from limbeck.expressions.reading import read
from limbeck.expressions.sums import Sum, Term, raised
from limbeck.expressions.tokens import Node, Unfit

Piece = tuple[str, bool, str, bool]
"""Lower end ("" is minus infinity), whether it belongs, upper end ("" is infinity), whether it belongs."""
_TURNED = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le", "\\ne": "\\ne"}
_WHOLE: Piece = ("", False, "", False)


def solved(left: str, sign: str, right: str) -> tuple[str, tuple[Piece, ...]] | None:
    """The letter and the solutions of ``left sign right``, or None where it is no such inequality."""
    first, second = read(left), read(right)
    if (
        first is None
        or second is None
        or first.ways | second.ways
        or len(first.letters | second.letters) != 1
    ):
        return None
    (letter,) = first.letters | second.letters
    if second.tree[:2] == ("call", "abs"):
        first, second, sign = second, first, _TURNED[sign]
    try:
        coefficients = _coefficients(first.tree, second.tree, letter)
    except Unfit:
        return None
    if coefficients is None:
        return None
    squared, linear, constant = coefficients
    if (squared or linear) < 0:
        squared, linear, constant, sign = -squared, -linear, -constant, _TURNED[sign]
    closed = sign in ("\\le", "\\ge")
    if not squared:
        ends = [str(-constant / linear)]
    else:
        middle, beyond = -linear / (2 * squared), (linear * linear / (4 * squared) - constant) / squared
        if beyond < 0:
            return letter, () if sign in ("<", "\\le") else (_WHOLE,)
        ends = _ends(middle, beyond)
    return letter, _pieces(ends, sign, closed, bool(squared))


def _pieces(ends: list[str], sign: str, closed: bool, squared: bool) -> tuple[Piece, ...]:
    low, high = ends[0], ends[-1]
    outside: tuple[Piece, ...] = (("", False, low, closed), (high, closed, "", False))
    if sign == "\\ne":
        between: tuple[Piece, ...] = () if low == high else ((low, False, high, False),)
        return (outside[0], *between, outside[1])
    if not squared:
        return outside[1:] if sign in (">", "\\ge") else outside[:1]
    if sign in (">", "\\ge"):
        return (_WHOLE,) if low == high and closed else outside
    return ((low, closed, high, closed),) if low != high or closed else ()


def _ends(middle: Fraction, beyond: Fraction) -> list[str]:
    """The two roots in order, the root of ``beyond`` on each side of the middle."""
    top, bottom = isqrt(beyond.numerator), isqrt(beyond.denominator)
    if top * top == beyond.numerator and bottom * bottom == beyond.denominator:
        return [str(middle - Fraction(top, bottom)), str(middle + Fraction(top, bottom))]
    return [f"{middle}{sign}\\sqrt{{{beyond}}}" for sign in "-+"]


def _coefficients(left: Node, right: Node, letter: str) -> tuple[Fraction, Fraction, Fraction] | None:
    """What is to be compared with zero, by the power of the letter, the square first."""
    bound = rational(right)
    if left[:2] == ("call", "abs"):
        made = form(left[2])
        if made is None or bound is None or bound <= 0 or set(made[1]) != {()}:
            return None
        terms: Sum = raised({term: value / made[1][()] for term, value in made[0].items()}, 2)
        terms[()] = terms.get((), Fraction(0)) - bound * bound
    else:
        made = form(("+", left, ("*", ("num", Fraction(-1), Fraction(0)), right)))
        if made is None or set(made[1]) != {()}:
            return None
        terms = {term: value / made[1][()] for term, value in made[0].items()}
    name = ("sym", letter)
    powers: dict[Term, int] = {(): 0, ((name, 1),): 1, ((name, 2),): 2}
    if any(term not in powers for term in terms):
        return None
    by_power = {powers[term]: value for term, value in terms.items()}
    squared, linear, constant = (by_power.get(power, Fraction(0)) for power in (2, 1, 0))
    return (squared, linear, constant) if squared or linear else None
