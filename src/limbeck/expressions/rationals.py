"""Functions of rational numbers whose values are rational: divisors, factorials, binomials, roundings."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, comb, factorial, floor, gcd, lcm, perm, prod

from limbeck.expressions.tokens import Unfit

_MOST_FACTORIAL = 300


def common_divisor(values: list[Fraction]) -> Fraction:
    return Fraction(gcd(*(v.numerator for v in values)), lcm(*(v.denominator for v in values)))


def _lcm(values: list[Fraction]) -> Fraction:
    return Fraction(lcm(*(v.numerator for v in values)), gcd(*(v.denominator for v in values)))


def _whole(value: Fraction) -> int:
    if value.denominator != 1 or not 0 <= value <= _MOST_FACTORIAL:
        raise Unfit
    return int(value)


def exact_factorial(values: list[Fraction]) -> int:
    return factorial(_whole(values[0]))


def _modulo(values: list[Fraction]) -> Fraction:
    if not values[1]:
        raise Unfit
    return values[0] % values[1]


RATIONAL: dict[str, Callable[[list[Fraction]], Fraction | int]] = {
    "gcd": common_divisor,
    "lcm": _lcm,
    "min": min,
    "max": max,
    "mod": _modulo,
    "abs": lambda values: abs(values[0]),
    "floor": lambda values: floor(values[0]),
    "ceil": lambda values: ceil(values[0]),
    "factorial": exact_factorial,
    "double factorial": lambda values: prod(range(_whole(values[0]), 0, -2)),
    "binom": lambda values: comb(_whole(values[0]), _whole(values[1])),
    "perm": lambda values: perm(_whole(values[0]), _whole(values[1])),
}
