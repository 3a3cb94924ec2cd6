r"""What a tree is worth at a point: in floating point, or to as many digits as are asked for.

Roots and logarithms are those of the real numbers: ``\sqrt[3]{-27}`` is -3, and where letters make the
argument of an even root or of a logarithm negative nothing is defined. Without letters they are the principal
complex ones.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from limbeck.expressions.forms import rational
from limbeck.expressions.tokens import Node, Unfit

Number = Any
"""A float or complex number, or one of mpmath."""
Point = Mapping[str, float]
_MOST_POWER, _MOST_FACTORIAL = 400, 160


class Undefined(Exception):
    """The tree has no value at this point."""


_REAL = ("exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")
FLOATS: dict[str, Callable[[float], float]] = {name: getattr(math, name) for name in _REAL}


@lru_cache(maxsize=8)
def _context(digits: int) -> Any:
    import mpmath

    context = mpmath.mp.clone()
    context.dps = digits
    return context


class Floats:
    """Floating point; ``peak`` is the largest number that was added to another, which bounds the error."""

    def __init__(self, shifted: int = -1) -> None:
        self.shifted, self.peak, self.decimals = shifted, 0.0, 0

    def number(self, value: Fraction, last: Fraction) -> Number:
        if last:
            if self.decimals == self.shifted:
                value += last
            self.decimals += 1
        return value.numerator / value.denominator  # never a whole number, whose powers could fill the memory

    def const(self, name: str) -> Number:
        return {"pi": math.pi, "e": math.e, "i": 1j}[name]

    def letter(self, value: float) -> Number:
        return value

    def function(self, name: str, value: Number) -> Number:
        if isinstance(value, complex):
            import cmath

            return getattr(cmath, name)(value)
        if name == "log" and value < 0:
            return complex(math.log(-value), math.pi)
        return FLOATS[name](value)

    def gamma(self, value: Number) -> Number:
        return math.gamma(value)

    def power(self, base: Number, exponent: Number) -> Number:
        return base**exponent


class Digits(Floats):
    """As many digits as mpmath is set to."""

    def __init__(self, digits: int) -> None:
        super().__init__()
        self.context = _context(digits)

    def number(self, value: Fraction, last: Fraction) -> Number:
        self.decimals += bool(last)
        return self.context.mpf(value.numerator) / value.denominator

    def const(self, name: str) -> Number:
        if name == "i":
            return self.context.mpc(0, 1)
        return +(self.context.pi if name == "pi" else self.context.e)

    def letter(self, value: float) -> Number:
        return self.context.mpf(value)

    def function(self, name: str, value: Number) -> Number:
        return getattr(self.context, name)(value)

    def gamma(self, value: Number) -> Number:
        return self.context.gamma(value)


def value(tree: Node, point: Point, lib: Floats) -> Number:
    """What a tree is worth at a point.

    Raises:
        Undefined: it is not defined there, or too large.
        Unfit: it cannot be evaluated at any point.
    """
    try:
        worth = _value(tree, point, lib)
        if isinstance(worth, complex) and abs(worth.imag) < 1e-13 * abs(worth.real):
            return worth.real
        if not abs(worth) < 1e300 and isinstance(lib, Floats) and not isinstance(lib, Digits):
            raise Undefined
        return worth
    except (ZeroDivisionError, ValueError, OverflowError, TypeError, ArithmeticError) as error:
        raise Undefined from error


def _value(tree: Node, point: Point, lib: Floats) -> Number:
    kind = tree[0]
    if kind == "num":
        return lib.number(tree[1], tree[2])
    if kind == "sym":
        return lib.letter(point[tree[1]])
    if kind == "const":
        return lib.const(tree[1])
    if kind == "+":
        total: Number = 0
        for part in tree[1:]:
            term = _value(part, point, lib)
            lib.peak = max(lib.peak, abs(term))
            total = total + term
        return total
    if kind == "*":
        return _value(tree[1], point, lib) * _value(tree[2], point, lib)
    if kind == "/":
        return _value(tree[1], point, lib) / _value(tree[2], point, lib)
    if kind == "^":
        return _power(tree, point, lib)
    if kind == "root":
        return _root(_value(tree[1], point, lib), Fraction(1, tree[2]), tree[1], lib)
    if kind == "of":
        return _named(tree[1], [_value(part, point, lib) for part in tree[2:]], lib)
    return _call(tree, point, lib)


def is_constant(tree: Node) -> bool:
    """Whether a tree holds no letter."""
    if tree[0] in ("sym", "of"):
        return False
    return all(is_constant(part) for part in tree[1:] if isinstance(part, tuple))


def _power(tree: Node, point: Point, lib: Floats) -> Number:
    base, exponent = tree[1], _value(tree[2], point, lib)
    if base == ("const", "e"):
        return lib.function("exp", exponent)
    worth = _value(base, point, lib)
    if _is_whole(exponent):
        if abs(exponent) > _MOST_POWER and abs(worth) not in (0, 1):
            raise Unfit
        return lib.power(worth, int(exponent.real))
    if exponent.imag:
        raise Unfit
    if worth.imag or worth.real < 0:
        if (share := rational(tree[2])) is not None and not worth.imag:
            return _root(worth, share, base, lib)
        if not is_constant(tree):
            raise Undefined
        worth = lib.power(lib.const("i"), 0) * worth
    return lib.power(worth, exponent)


def _is_whole(exponent: Number) -> bool:
    return not exponent.imag and abs(exponent) < 1e9 and int(exponent.real) == exponent.real


def _root(worth: Number, share: Fraction, base: Node, lib: Floats) -> Number:
    """``worth`` to the power of a fraction; odd roots of negative numbers are real."""
    exponent = lib.number(share, Fraction(0))
    if worth.imag or worth.real >= 0:
        if worth.imag and not is_constant(base):
            raise Undefined
        return lib.power(worth, exponent)
    if share.denominator % 2:
        size = lib.power(-worth, exponent)
        return -size if share.numerator % 2 else size
    if not is_constant(base):
        raise Undefined
    return lib.power(lib.const("i"), 2 * exponent) * lib.power(-worth, exponent)


def _named(name: str, arguments: list[Number], lib: Floats) -> Number:
    """A function that has only a name stands for one of no special form."""
    seed = zlib.crc32(name.encode()) % 1000 / 1000
    total: Number = lib.number(Fraction(2), Fraction(0))
    for place, argument in enumerate(arguments, 1):
        if argument.imag:
            raise Undefined
        total = total + lib.function("sin", argument * lib.letter(1 + seed / place) + place)
        total = total + lib.letter(seed + place) * argument * argument / 7
    return total


def _call(tree: Node, point: Point, lib: Floats) -> Number:
    name = tree[1]
    if name in ("gcd", "lcm", "mod"):
        exact = rational(tree)
        if exact is None:
            raise Undefined
        return lib.number(exact, Fraction(0))
    arguments = [_value(part, point, lib) for part in tree[2:]]
    first = arguments[0]
    if name == "log":
        return _log(first, arguments[1], tree, lib)
    if name == "abs":
        return abs(first)
    if name == "exp":
        return lib.function("exp", first)
    if name in ("factorial", "double factorial", "binom", "perm"):
        return _counted(name, arguments, lib)
    if any(argument.imag for argument in arguments) and name not in ("sin", "cos", "tan"):
        raise Undefined
    if name in ("min", "max"):
        return min(arguments) if name == "min" else max(arguments)
    if len(arguments) != 1:
        raise Unfit
    if name in ("floor", "ceil"):
        if (exact := rational(tree)) is not None:
            return lib.number(exact, Fraction(0))
        if abs(first - round(float(first))) < 1e-9:
            raise Undefined
        return math.floor(first) if name == "floor" else math.ceil(first)
    if name in ("cot", "sec", "csc"):
        return 1 / lib.function({"cot": "tan", "sec": "cos", "csc": "sin"}[name], first)
    if name in ("arcsin", "arccos") and abs(first) > 1:
        raise Undefined
    return lib.function(name.replace("arc", "a"), first)


def _log(worth: Number, base: Number, tree: Node, lib: Floats) -> Number:
    if base.imag or base.real <= 0 or worth == 0:
        raise Undefined
    if (worth.imag or worth.real < 0) and not is_constant(tree):
        raise Undefined
    return lib.function("log", worth) / (lib.function("log", base) if tree[3] != ("const", "e") else 1)


def _counted(name: str, arguments: list[Number], lib: Floats) -> Number:
    """Factorials and binomials by the gamma function, for letters may stand for any number."""
    if any(argument.imag or not 0 <= argument.real <= _MOST_FACTORIAL for argument in arguments):
        raise Undefined

    def factorial(argument: Number) -> Number:
        return lib.gamma(argument + 1)

    if name == "factorial":
        return factorial(arguments[0])
    if name == "double factorial":
        if int(arguments[0]) != arguments[0]:
            raise Undefined
        return math.prod(range(int(arguments[0]), 0, -2))
    many, few = arguments
    if few > many:
        raise Undefined
    ways = factorial(many) / factorial(many - few)
    return ways if name == "perm" else ways / factorial(few)
