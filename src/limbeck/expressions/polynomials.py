"""Exact equality of small expressions: rational functions of letters, π and square roots.

A text is read into a quotient of two sums of terms. A term is a product of powers of letters, of π and of
square roots of different primes, with a rational factor. Letters stand for themselves, π is transcendental,
and products of different prime roots are linearly independent over the rationals (Besicovitch 1940), so a sum
has one such form, and two quotients are equal exactly when their cross products have the same form. What does
not fit (functions, subscripts, ``e``, roots of sums, large powers) is not read at all and left to others.
``i`` is the imaginary unit.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_TOKEN = re.compile(
    r"\s*(?:(\d+(?:\.\d+)?|\.\d+)|\\(frac|sqrt|pi)(?![a-zA-Z])|([a-zA-Z](?![a-zA-Z]{2}))|([-+*/^(){}]))"
)
_SPACED = re.compile(r"\d\s+\d|\d\s*\\frac|/\s*(?:\d+|\w)\s*[a-zA-Z\\(]")
_LETTERS = frozenset("abcdjklmnopqrstuvwxyzABCDEFGHJKLMNOPQRSTUVWXYZ")
_FUNCTIONS = frozenset("fghFGPQ")
_MOST_TERMS, _MOST_POWER, _MOST_CHARS, _MOST_BITS, _MOST_ROOT = 64, 12, 120, 256, 10**6
_PRIMES = [p for p in range(2, 1000) if all(p % q for q in range(2, int(p**0.5) + 1))]

Term = tuple[tuple[str, int], ...]
Sum = dict[Term, Fraction]
Quotient = tuple[Sum, Sum]
_ONE: Sum = {(): Fraction(1)}


class _Unfit(Exception):
    """The text is none of these expressions, or too large for them."""


def equal(left: str, right: str) -> bool | None:
    """Whether two tidy texts are the same expression; None where one of them is not read."""
    first, second = read(left), read(right)
    if first is None or second is None:
        return None
    try:
        return _product(first[0], second[1]) == _product(second[0], first[1])
    except _Unfit:
        return None


@lru_cache(maxsize=16384)
def read(text: str) -> Quotient | None:
    """Numerator and denominator of an expression in their one form, or None."""
    if len(text) > _MOST_CHARS or _SPACED.search(text):
        return None
    tokens, end = [], 0
    while match := _TOKEN.match(text, end):
        tokens.append(match[0].strip())
        end = match.end()
    if text[end:].strip() or not tokens:
        return None
    tokens.reverse()
    try:
        value = _read_sum(tokens)
    except (_Unfit, IndexError):
        return None
    return None if tokens else value


def _read_sum(rest: list[str]) -> Quotient:
    sign = -1 if rest[-1] == "-" else 1
    if rest[-1] in "+-":
        rest.pop()
    value = _read_product(rest)
    value = (_scaled(value[0], sign), value[1])
    while rest and rest[-1] in "+-":
        sign = -1 if rest.pop() == "-" else 1
        right = _read_product(rest)
        top = _plus(_product(value[0], right[1]), _scaled(_product(right[0], value[1]), sign))
        value = (top, _product(value[1], right[1]))
    return value


def _read_product(rest: list[str]) -> Quotient:
    value = _read_power(rest)
    while rest and rest[-1] not in "+-)}":
        divide = rest[-1] == "/"
        if rest[-1] in "*/":
            rest.pop()
            if rest[-1] in "+-":
                raise _Unfit
        right = _read_power(rest)
        value = (
            _over(value, right) if divide else (_product(value[0], right[0]), _product(value[1], right[1]))
        )
    return value


def _over(left: Quotient, right: Quotient) -> Quotient:
    if not right[0]:
        raise _Unfit
    return _product(left[0], right[1]), _product(left[1], right[0])


def _read_power(rest: list[str]) -> Quotient:
    base = _read_atom(rest)
    if not rest or rest[-1] != "^":
        return base
    rest.pop()
    braced = rest[-1] in "{("
    opening = rest.pop() if braced else ""
    negative = bool(opening) and rest[-1] == "-" and bool(rest.pop())
    digits = rest.pop()
    if opening and rest.pop() != {"{": "}", "(": ")"}[opening]:
        raise _Unfit
    if not digits.isdigit() or int(digits) > _MOST_POWER or (rest and rest[-1] == "^"):
        raise _Unfit
    value: Quotient = (_ONE, _ONE)
    for _ in range(int(digits)):
        value = (_product(value[0], base[0]), _product(value[1], base[1]))
    return _over((_ONE, _ONE), value) if negative else value


def _read_atom(rest: list[str]) -> Quotient:
    token = rest.pop()
    if token[0].isdigit() or token[0] == ".":
        return _constant(Fraction(token)), _ONE
    if token in ("(", "{"):
        value = _read_sum(rest)
        if rest.pop() != {"(": ")", "{": "}"}[token]:
            raise _Unfit
        return value
    if token == "\\frac":
        return _over(_read_braced(rest), _read_braced(rest))
    if token == "\\sqrt":
        return _root(_read_braced(rest)), _ONE
    if token == "\\pi":
        return {((token, 1),): Fraction(1)}, _ONE
    if token == "i":
        return {(("√-1", 1),): Fraction(1)}, _ONE
    if token in _LETTERS and not (token in _FUNCTIONS and rest and rest[-1] == "("):
        return {((token, 1),): Fraction(1)}, _ONE
    raise _Unfit


def _read_braced(rest: list[str]) -> Quotient:
    if rest.pop() != "{":
        raise _Unfit
    value = _read_sum(rest)
    if rest.pop() != "}":
        raise _Unfit
    return value


def _root(inside: Quotient) -> Sum:
    """The square root of a rational as a rational times square roots of primes."""
    if set(inside[0]) | set(inside[1]) != {()}:
        raise _Unfit
    if not inside[0]:
        return {}
    value = inside[0][()] / inside[1][()]
    number = value.numerator * value.denominator
    if abs(number) > _MOST_ROOT:
        raise _Unfit
    outside, primes = 1, [-1] if number < 0 else []
    number = abs(number)
    for prime in _PRIMES:
        while number % (prime * prime) == 0:
            number //= prime * prime
            outside *= prime
        if number % prime == 0:
            number //= prime
            primes.append(prime)
    if number > 1:  # at most the largest root is a prime beyond the table, for two of them exceed the limit
        primes.append(number)
    return {tuple((f"√{prime}", 1) for prime in sorted(primes)): Fraction(outside, value.denominator)}


def _constant(value: Fraction) -> Sum:
    return {(): value} if value else {}


def _scaled(terms: Sum, factor: int) -> Sum:
    return {term: value * factor for term, value in terms.items()}


def _plus(left: Sum, right: Sum) -> Sum:
    total = dict(left)
    for term, value in right.items():
        total[term] = total.get(term, Fraction(0)) + value
    return {term: value for term, value in total.items() if value}


def _product(left: Sum, right: Sum) -> Sum:
    if right is _ONE or left is _ONE:
        return left if right is _ONE else right
    if len(left) * len(right) > _MOST_TERMS * 4:
        raise _Unfit
    total: Sum = {}
    for first, a in left.items():
        for second, b in right.items():
            term, factor = _joined(first, second)
            value = a * b * factor
            if value.numerator.bit_length() + value.denominator.bit_length() > _MOST_BITS:
                raise _Unfit
            total[term] = total.get(term, Fraction(0)) + value
    if len(total) > _MOST_TERMS:
        raise _Unfit
    return {term: value for term, value in total.items() if value}


def _joined(first: Term, second: Term) -> tuple[Term, int]:
    """The product of two terms, and what the squares of roots in it are worth."""
    if not first or not second:
        return first or second, 1
    powers = dict(first)
    factor = 1
    for name, power in second:
        powers[name] = powers.get(name, 0) + power
        if name[0] == "√" and powers[name] == 2:
            factor *= int(name[1:])
            del powers[name]
    return tuple(sorted(powers.items())), factor
