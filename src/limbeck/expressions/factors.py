r"""Roots and logarithms of products that are left as they are: ``\\ln((x+1)(x+2))`` is the sum of two."""

from __future__ import annotations

from fractions import Fraction

from limbeck.expressions.powers import absolute, logarithm, power
from limbeck.expressions.sums import ONE, Quotient, Sum, multiply, plus, scaled

Factors = list[tuple[Quotient, Fraction]]


def _sorted(factors: Factors) -> tuple[Quotient, Factors]:
    """The single terms as one quotient, and the sums with their powers; equal sums together."""
    single: Quotient = (ONE, ONE)
    sums: Factors = []
    for factor, share in factors:
        if len(factor[0]) == len(factor[1]) == 1:
            single = multiply(single, power(factor, share))
            continue
        place = next((i for i, (other, _) in enumerate(sums) if other == factor), None)
        if place is None:
            sums.append((factor, share))
        else:
            sums[place] = (factor, sums[place][1] + share)
    return single, [(factor, share) for factor, share in sums if share]


def _absolute(factor: Quotient) -> Quotient:
    return absolute(factor[0]), absolute(factor[1])


def roots(factors: Factors, share: Fraction) -> Quotient:
    """A product to a rational power; the root of an even power is one of an absolute value."""
    single, sums = _sorted(factors)
    result = power(single, share)
    for factor, each in sums:
        even = share.denominator % 2 == 0 and each.denominator == 1 and each.numerator % 2 == 0
        result = multiply(result, power(_absolute(factor) if even else factor, each * share))
    return result


def logarithms(factors: Factors) -> Sum:
    """The natural logarithm of a product; that of an even power is one of an absolute value."""
    single, sums = _sorted(factors)
    total = logarithm(single)
    for factor, share in sums:
        even = share.denominator == 1 and share.numerator % 2 == 0
        total = plus(total, scaled(logarithm(_absolute(factor) if even else factor), share))
    return total
