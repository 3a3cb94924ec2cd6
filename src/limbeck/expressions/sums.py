r"""Sums of terms in one form, and quotients of them: what exact equality is decided by.

A term is a product of powers of atoms with a rational factor. Atoms are letters, π, i, roots of primes, and
what is not resolved further: logarithms, exponentials of a term, roots of sums, absolute values, named
functions. Equal forms are equal numbers wherever both are defined; different forms may still be equal.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm
from typing import Any

from limbeck.expressions.tokens import Unfit

Atom = tuple[Any, ...]
"""``("sym", name)``, ``("pi",)``, ``("i",)``, ``("prime", p)``, ``("ln", key)``, ``("e", term)``,
``("root", key)``, ``("abs", key)``, ``("fn", name, …)``."""
Power = int | Fraction
Term = tuple[tuple[Atom, Power], ...]
Sum = dict[Term, Fraction]
Quotient = tuple[Sum, Sum]
Key = tuple[tuple[Term, Fraction], ...]

ONE: Sum = {(): Fraction(1)}
_PI_I: Term = ((("i",), 1), (("pi",), 1))
_MOST_TERMS, _MOST_BITS, _MOST_POWER, _LARGEST = 150, 4096, 12, 10**6
_PRIMES = [p for p in range(2, 1000) if all(p % q for q in range(2, int(p**0.5) + 1))]


def whole(power: Power) -> Power:
    return power.numerator if power.denominator == 1 else power


def constant(value: Fraction | int) -> Sum:
    return {(): Fraction(value)} if value else {}


def atom(name: Atom, power: Power = 1) -> Sum:
    return {((name, whole(power)),): Fraction(1)} if power else ONE


def key(terms: Sum) -> Key:
    return tuple(sorted(terms.items()))


def scaled(terms: Sum, factor: Fraction | int) -> Sum:
    return {term: value * factor for term, value in terms.items()} if factor else {}


def plus(left: Sum, right: Sum) -> Sum:
    total = dict(left)
    for term, value in right.items():
        total[term] = total.get(term, Fraction(0)) + value
    return {term: value for term, value in total.items() if value}


def times(left: Sum, right: Sum) -> Sum:
    if left is ONE or right is ONE:
        return right if left is ONE else left
    if len(left) * len(right) > _MOST_TERMS * 4:
        raise Unfit
    total: Sum = {}
    for first, a in left.items():
        for second, b in right.items():
            value = a * b
            if value.numerator.bit_length() + value.denominator.bit_length() > _MOST_BITS:
                raise Unfit
            if first and second:
                term, rest = _joined(first, second)
                if rest is not ONE:
                    for other, factor in rest.items():
                        for last, more in (times({term: value}, {other: factor})).items():
                            total[last] = total.get(last, Fraction(0)) + more
                    continue
            else:
                term = first or second
            total[term] = total.get(term, Fraction(0)) + value
    if len(total) > _MOST_TERMS:
        raise Unfit
    return {term: value for term, value in total.items() if value}


def _joined(first: Term, second: Term) -> tuple[Term, Sum]:
    """The product of two terms: a term, and what its powers are worth beyond it."""
    powers = dict(first)
    rest = ONE
    for name, power in second:
        if name not in powers:
            powers[name] = power
            continue
        power = whole(powers[name] + power)
        del powers[name]
        left, beyond = reduced(name, power)
        if left:
            powers[name] = left
        if beyond is not ONE:
            rest = times(rest, beyond)
    return tuple(sorted(powers.items())), rest


def reduced(name: Atom, power: Power) -> tuple[Power, Sum]:
    """A power of an atom as a smaller one and what it is worth beyond that."""
    kind = name[0]
    if kind == "prime":
        outside = power.numerator // power.denominator
        return whole(power - outside), constant(Fraction(name[1]) ** outside) if outside else ONE
    if kind == "i":
        if power.denominator != 1:
            raise Unfit
        return power % 2, scaled(ONE, -1) if power % 4 > 1 else ONE
    if kind == "root" and power >= 1:
        outside = power.numerator // power.denominator
        return whole(power - outside), raised(dict(name[1]), outside)
    if kind == "abs" and power >= 2:
        outside = power.numerator // power.denominator // 2 * 2
        return whole(power - outside), raised(dict(name[1]), outside)
    if kind == "e" and name[1] == _PI_I:
        turns = power.numerator // power.denominator
        return whole(power - turns), scaled(ONE, -1) if turns % 2 else ONE
    return power, ONE


def raised(terms: Sum, power: int) -> Sum:
    """A sum to the power of a whole number that is not negative."""
    if power > (_MOST_POWER if len(terms) > 1 else 4 * _MOST_BITS):
        raise Unfit
    if len(terms) == 1:
        ((term, value),) = terms.items()
        if (value.numerator.bit_length() + value.denominator.bit_length()) * power > 2 * _MOST_BITS:
            raise Unfit
        result = constant(value**power)
        for name, exponent in term:
            left, beyond = reduced(name, whole(exponent * power))
            result = times(times(result, atom(name, left)), beyond)
        return result
    result = ONE
    for _ in range(power):
        result = times(result, terms)
    return result


def content(terms: Sum) -> tuple[Fraction, Term, Sum]:
    """A sum as a positive rational, a term that divides all of its terms, and the rest."""
    values = list(terms.values())
    share = Fraction(gcd(*(v.numerator for v in values)), lcm(*(v.denominator for v in values)))
    common = dict(next(iter(terms)))
    for term in terms:
        powers = dict(term)
        common = {name: min(p, powers[name]) for name, p in common.items() if name in powers}
    common = {name: p for name, p in common.items() if name[0] in ("sym", "pi", "fn") or _is_real_power(name)}
    rest: Sum = {}
    for term, value in terms.items():
        left = ((name, whole(p - common.get(name, 0))) for name, p in term)
        rest[tuple((name, p) for name, p in left if p)] = value / share
    return share, tuple(sorted(common.items())), rest


def _is_real_power(name: Atom) -> bool:
    """Whether an atom is e to the power of a real term."""
    return bool(name[0] == "e" and all(each != ("i",) for each, _ in name[1]))


def factored(value: int) -> dict[int, int]:
    """The primes of a positive whole number and their powers."""
    primes: dict[int, int] = {}
    for prime in _PRIMES:
        while value % prime == 0:
            value //= prime
            primes[prime] = primes.get(prime, 0) + 1
        if value < prime:
            break
    if value > _LARGEST:  # beyond the square of the last prime in the table it may be composite
        raise Unfit
    if value > 1:
        primes[value] = primes.get(value, 0) + 1
    return primes


def primes_of(value: Fraction) -> dict[int, int]:
    """The primes of a positive fraction, those below its bar with negative powers."""
    below = factored(value.denominator)
    return factored(value.numerator) | {prime: -power for prime, power in below.items()}


def multiply(left: Quotient, right: Quotient) -> Quotient:
    return times(left[0], right[0]), times(left[1], right[1])


def divide(left: Quotient, right: Quotient) -> Quotient:
    if not right[0]:
        raise Unfit
    return times(left[0], right[1]), times(left[1], right[0])


def add(left: Quotient, right: Quotient) -> Quotient:
    if left[1] == right[1]:
        return plus(left[0], right[0]), left[1]
    return plus(times(left[0], right[1]), times(right[0], left[1])), times(left[1], right[1])


def fraction(value: Quotient) -> Fraction | None:
    """The rational number a quotient is, or None."""
    if not value[0]:
        return Fraction(0)
    if set(value[0]) | set(value[1]) == {()}:
        return value[0][()] / value[1][()]
    if len(value[0]) == len(value[1]) and set(value[0]) == set(value[1]):
        term = next(iter(value[0]))
        ratio = value[0][term] / value[1][term]
        return ratio if scaled(value[1], ratio) == value[0] else None
    return None
