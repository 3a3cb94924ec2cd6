r"""The exact form of a tree, by which two expressions are proved equal without computer algebra.

Polynomials, rational functions, roots, logarithms and exponentials come into one form; sines and cosines by
Euler's formula, so that ``\sin 2t`` is ``2\sin t\cos t``. What is under a root or in a logarithm is
multiplied out, and where that proves nothing taken factor by factor.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache, reduce
from math import factorial

from limbeck.expressions.factors import Factors, logarithms, roots
from limbeck.expressions.powers import PI, absolute, circular, exponential, logarithm, power
from limbeck.expressions.rationals import RATIONAL, common_divisor, exact_factorial
from limbeck.expressions.sums import (
    ONE,
    Atom,
    Power,
    Quotient,
    Sum,
    Term,
    add,
    atom,
    constant,
    content,
    divide,
    fraction,
    key,
    multiply,
    plus,
    scaled,
    times,
)
from limbeck.expressions.tokens import Node, Unfit


def equal(left: Node, right: Node) -> bool | None:
    """Whether two trees are equal: True where their forms are, False for two rational numbers that differ,
    None where the forms do not tell."""
    decision = _equal(left, right)
    if decision is None and (positive := _positive([left, right])):
        # Where both sides are defined these letters are positive: each is a power of e.
        return _equal(_as_power(left, positive), _as_power(right, positive)) or None
    return decision


def _equal(left: Node, right: Node) -> bool | None:
    for apart in (False, True):
        first, second = form(left, apart), form(right, apart)
        if first is None or second is None:
            continue
        try:
            if times(first[0], second[1]) == times(second[0], first[1]):
                return True
        except Unfit:
            continue
        if fraction(first) is not None and fraction(second) is not None:
            return False
        if not (_has_factors(left) or _has_factors(right)):
            return None
    return None


def _positive(trees: list[Node]) -> set[str]:
    """The letters that logarithms and even roots of single terms force to be positive."""
    positive: set[str] = set()
    inside = [each for tree in trees for each in _under(tree)]
    for _ in range(2):  # ln(ab) says something of a once b is known
        for each in inside:
            if len(each[0]) != 1 or len(each[1]) != 1 or next(iter(each[0].values())) < 0:
                continue
            powers = [*next(iter(each[0])), *next(iter(each[1]))]
            odd = {name[1] for name, power in powers if name[0] == "sym" and power % 2} - positive
            if len(odd) == 1 and all(name[0] in ("sym", "pi", "prime") for name, _ in powers):
                positive |= odd
    return positive


def _under(tree: Node) -> Iterator[Quotient]:
    """What stands in logarithms and under even roots."""
    if (tree[0] == "root" and tree[2] % 2 == 0) or tree[:2] == ("call", "log"):
        made = form(tree[1] if tree[0] == "root" else tree[2])
        if made is not None:
            yield made
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from _under(part)


def _as_power(tree: Node, letters: set[str]) -> Node:
    if tree[0] == "sym" and tree[1] in letters:
        return ("^", ("const", "e"), tree)
    return tuple(_as_power(part, letters) if isinstance(part, tuple) else part for part in tree)


@lru_cache(maxsize=16384)
def form(tree: Node, apart: bool = False) -> Quotient | None:
    """Numerator and denominator of a tree in their one form, or None.

    ``apart``: what is under a root or in a logarithm is not multiplied out.
    """
    try:
        return _form(tree, apart)
    except (Unfit, ZeroDivisionError, OverflowError, RecursionError):
        return None


def _has_factors(tree: Node) -> bool:
    """Whether a root or a logarithm is taken of a product, quotient or power."""
    if tree[0] == "root" or tree[:2] == ("call", "log"):
        inside = tree[1] if tree[0] == "root" else tree[2]
        if inside[0] in ("*", "/", "^", "root"):
            return True
    return any(isinstance(part, tuple) and _has_factors(part) for part in tree[1:])


def rational(tree: Node) -> Fraction | None:
    """The rational number a tree is, or None."""
    if tree[0] == "num":
        value: Fraction = tree[1]
        return value
    made = form(tree)
    return None if made is None else fraction(made)


def _form(tree: Node, apart: bool) -> Quotient:
    kind = tree[0]
    if kind == "num":
        return constant(tree[1]), ONE
    if kind == "sym":
        return atom(("sym", tree[1])), ONE
    if kind == "const":
        return atom(("e", ()) if tree[1] == "e" else (tree[1],)), ONE
    if apart and kind == "root":
        return roots(_factors(tree[1]), Fraction(1, tree[2]))
    if apart and tree[:2] == ("call", "log"):
        base = _form(tree[3], apart)
        return logarithms(_factors(tree[2])), ONE if is_e(base) else logarithm(base)
    parts = [_form(part, apart) for part in tree[1:] if isinstance(part, tuple)]
    if kind == "+":
        return reduce(add, parts)
    if kind == "*":
        return multiply(*parts)
    if kind == "/":
        return divide(*parts)
    if kind == "^":
        return _power(*parts)
    if kind == "root":
        return power(parts[0], Fraction(1, tree[2]))
    return (_named(tree[1], parts), ONE) if kind == "of" else _call(tree[1], parts)


def _factors(tree: Node) -> Factors:
    """A tree as factors and their powers."""
    if tree[0] in ("*", "/"):
        left, right = _factors(tree[1]), _factors(tree[2])
        return left + [(factor, each if tree[0] == "*" else -each) for factor, each in right]
    if tree[0] == "^" and (share := rational(tree[2])) is not None:
        return [(factor, each * share) for factor, each in _factors(tree[1])]
    return [(_form(tree, True), Fraction(1))]


def _power(base: Quotient, exponent: Quotient) -> Quotient:
    share = fraction(exponent)
    if share is not None:
        return power(base, share)
    return exponential(multiply(exponent, (logarithm(base), ONE)))


def _call(name: str, arguments: list[Quotient]) -> Quotient:
    first = arguments[0]
    if name == "log":
        return logarithm(first), ONE if is_e(arguments[1]) else logarithm(arguments[1])
    if name == "exp":
        return exponential(first)
    if name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh"):
        return circular(name, first)
    values = [fraction(each) for each in arguments]
    exact = [each for each in values if each is not None]
    if len(exact) == len(values) and name in RATIONAL:
        return constant(RATIONAL[name](exact)), ONE
    if name == "abs":
        return multiply((absolute(first[0]), ONE), divide((ONE, ONE), (absolute(first[1]), ONE)))
    if name == "arccos":
        return add((scaled(PI, Fraction(1, 2)), ONE), (scaled(_named("arcsin", arguments), -1), ONE))
    if name in ("gcd", "lcm"):
        return _common(name, [each[0] for each in arguments if each[1] == ONE], len(arguments)), ONE
    if name in ("factorial", "binom"):
        return _factorials(name, arguments)
    return _named(name, sorted(arguments, key=_ordered) if name in ("min", "max") else arguments), ONE


def is_e(value: Quotient) -> bool:
    """Whether a quotient is e, whose logarithm is one."""
    return value == (atom(("e", ())), ONE)


def _ordered(value: Quotient) -> tuple[object, object]:
    return key(value[0]), key(value[1])


def _named(name: str, arguments: list[Quotient]) -> Sum:
    plain = [each for each in arguments if len(each[1]) == 1]
    if len(plain) < len(arguments):
        raise Unfit
    keys = [key(times(top, power((bottom, ONE), Fraction(-1))[0])) if bottom == ONE else _over(top, bottom)
            for top, bottom in plain]  # fmt: skip
    return atom(("fn", name, *keys))


def _over(top: Sum, bottom: Sum) -> object:
    size = next(iter(bottom.values()))
    return key(scaled(top, 1 / size)) if set(bottom) == {()} else (key(top), key(bottom))


def _powers(common: Term, rest: Sum) -> dict[Atom, Power]:
    """The powers of the atoms that divide a sum."""
    return dict(common) | (dict(next(iter(rest))) if len(rest) == 1 else {})


def _common(name: str, arguments: list[Sum], count: int) -> Sum:
    """The greatest common divisor, over the whole numbers, where one of the arguments is a single term."""
    if len(arguments) < count or count != 2 or min(len(each) for each in arguments) != 1:
        raise Unfit
    (size, common, rest), (other, shared, left) = (content(each) for each in arguments)
    first, second = _powers(common, rest), _powers(shared, left)
    both = tuple(sorted((n, min(p, second[n])) for n, p in first.items() if n in second))
    divisor: Sum = {both: common_divisor([size, other])}
    if name == "gcd":
        return divisor
    made = divide((times(*arguments), ONE), (divisor, ONE))
    if set(made[1]) != {()}:
        raise Unfit
    return scaled(made[0], 1 / made[1][()])


def _factorials(name: str, arguments: list[Quotient]) -> Quotient:
    if name == "binom":
        few = fraction(arguments[1])
        if few is None or few.denominator != 1 or not 0 <= few <= 6:
            top, bottom = arguments
            below = add(top, (scaled(bottom[0], -1), bottom[1]))
            parts = [_factorials("factorial", [each]) for each in (top, bottom, below)]
            return divide(divide(parts[0], parts[1]), parts[2])
        result: Quotient = (ONE, constant(factorial(int(few))))
        for step in range(int(few)):
            result = multiply(result, add(arguments[0], (constant(-step), ONE)))
        return result
    value = arguments[0]
    exact = fraction(value)
    if exact is not None:
        return constant(exact_factorial([exact])), ONE
    if value[1] != ONE:
        raise Unfit
    shift = value[0].get((), Fraction(0))
    if shift.denominator != 1 or abs(shift) > 8:
        raise Unfit
    bare = plus(value[0], constant(-shift))
    result = (_named("factorial", [(bare, ONE)]), ONE)
    for step in range(1, int(abs(shift)) + 1):
        factor: Quotient = (plus(bare, constant(step if shift > 0 else 1 - step)), ONE)
        result = multiply(result, factor) if shift > 0 else divide(result, factor)
    return result
