r"""The exact form of a tree, by which two expressions are proved equal without computer algebra.

Polynomials, rational functions, roots, logarithms and exponentials come into one form; sines and cosines by
Euler's formula, so that ``\sin 2t`` is ``2\sin t\cos t``. Letters under even roots and in logarithms are taken
to be such that both sides are defined: ``\ln(ab)`` is ``\ln a + \ln b``, but ``\sqrt{x^2}`` is ``|x|``.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache, reduce
from math import ceil, comb, factorial, floor, gcd, lcm, perm, prod

from limbeck.answers.expressions import Node, Unfit
from limbeck.answers.sums import (
    ONE,
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
    primes_of,
    raised,
    reduced,
    scaled,
    times,
    whole,
)

_MOST_FACTORIAL = 300
_I = atom(("i",))
PI = atom(("pi",))


def equal(left: Node, right: Node) -> bool | None:
    """Whether two trees are equal: True where their forms are, False for two rational numbers that differ,
    None where the forms do not tell."""
    first, second = form(left), form(right)
    if first is None or second is None:
        return None
    try:
        if times(first[0], second[1]) == times(second[0], first[1]):
            return True
    except Unfit:
        return None
    return None if fraction(first) is None or fraction(second) is None else False


@lru_cache(maxsize=16384)
def form(tree: Node) -> Quotient | None:
    """Numerator and denominator of a tree in their one form, or None."""
    try:
        return _form(tree)
    except (Unfit, ZeroDivisionError, OverflowError, RecursionError):
        return None


def rational(tree: Node) -> Fraction | None:
    """The rational number a tree is, or None."""
    if tree[0] == "num":
        value: Fraction = tree[1]
        return value
    made = form(tree)
    return None if made is None else fraction(made)


def _form(tree: Node) -> Quotient:
    kind = tree[0]
    if kind == "num":
        return constant(tree[1]), ONE
    if kind == "sym":
        return atom(("sym", tree[1])), ONE
    if kind == "const":
        if tree[1] == "e":
            return atom(("e", ())), ONE
        return atom((tree[1],)), ONE
    if kind == "+":
        return reduce(add, (_form(part) for part in tree[1:]))
    if kind == "*":
        return multiply(_form(tree[1]), _form(tree[2]))
    if kind == "/":
        return divide(_form(tree[1]), _form(tree[2]))
    if kind == "^":
        return _power(_form(tree[1]), _form(tree[2]))
    if kind == "root":
        return power(_form(tree[1]), Fraction(1, tree[2]))
    if kind == "of":
        return _named(tree[1], [_form(part) for part in tree[2:]]), ONE
    return _call(tree[1], [_form(part) for part in tree[2:]])


def _power(base: Quotient, exponent: Quotient) -> Quotient:
    share = fraction(exponent)
    if share is not None:
        return power(base, share)
    return exponential(multiply(exponent, (logarithm(base), ONE)))


def power(base: Quotient, share: Fraction) -> Quotient:
    """A quotient to a rational power."""
    if share < 0:
        if not base[0]:
            raise Unfit
        base, share = (base[1], base[0]), -share
    if share.denominator == 1:
        return raised(base[0], share.numerator), raised(base[1], share.numerator)
    return _root(base[0], share), _root(base[1], share)


def _root(terms: Sum, share: Fraction) -> Sum:
    """A sum to a power that is positive and no whole number."""
    if not terms:
        return {}
    size, common, rest = content(terms)
    result = constant(1)
    for prime, exponent in primes_of(size).items():
        left, beyond = reduced(("prime", prime), share * exponent)
        result = times(times(result, atom(("prime", prime), left)), beyond)
    for name, exponent in common:
        result = times(result, _rooted(name, exponent, share))
    if len(rest) == 1:
        ((term, sign),) = rest.items()
        if sign > 0 or share.denominator % 2:
            for name, exponent in term:
                result = times(result, _rooted(name, exponent, share))
            return scaled(result, -1) if sign < 0 and share.numerator % 2 else result
        if not term and not common and share.denominator == 2:
            return times(result, raised(_I, share.numerator))
    if rest == ONE:
        return result
    if share.denominator == 2 and (base := _square_root(rest)) is not None:
        return times(result, raised(_absolute(base), share.numerator))
    outside = share.numerator // share.denominator
    return times(times(result, raised(rest, outside)), atom(("root", key(rest)), share - outside))


def _square_root(terms: Sum) -> Sum | None:
    """What a sum of three terms is the square of: a + b for a^2 + 2ab + b^2."""
    if len(terms) != 3:
        return None
    squares = [dict([pair]) for pair in terms.items() if pair[1] > 0 and all(p % 2 == 0 for _, p in pair[0])]
    for place, first in enumerate(squares):
        for second in squares[place + 1 :]:
            one, other = _root(first, Fraction(1, 2)), _root(second, Fraction(1, 2))
            one, other = (_unsigned(each) for each in (one, other))
            for base in (plus(one, other), plus(one, scaled(other, -1))):
                if raised(base, 2) == terms:
                    return base
    return None


def _unsigned(terms: Sum) -> Sum:
    """A term without the bars of absolute values."""
    result = constant(1)
    for term, value in terms.items():
        result = constant(value)
        for name, exponent in term:
            inside = dict(name[1]) if name[0] == "abs" else atom(name)
            result = times(
                result, raised(inside, int(exponent)) if name[0] == "abs" else atom(name, exponent)
            )
    return result


def _rooted(name: tuple[object, ...], exponent: int | Fraction, share: Fraction) -> Sum:
    """A power of an atom to a rational power: the root of a square is an absolute value."""
    if name[0] == "i" or (name[0] == "e" and any(each == ("i",) for each, _ in name[1])):  # type: ignore[attr-defined]
        raise Unfit
    positive = name[0] in ("pi", "prime", "e", "abs", "root")
    if not positive and share.denominator % 2 == 0 and exponent % 2 == 0:
        name = ("abs", key(atom(name)))
    left, beyond = reduced(name, whole(exponent * share))
    return times(atom(name, left), beyond)


def logarithm(value: Quotient) -> Sum:
    """The natural logarithm."""
    return plus(_log(value[0]), scaled(_log(value[1]), -1))


def _log(terms: Sum) -> Sum:
    if not terms:
        raise Unfit
    size, common, rest = content(terms)
    if len(rest) == 1:
        ((term, sign),) = rest.items()
        if sign < 0:
            return atom(("ln", key(terms)))
        common, rest = (*common, *term), ONE
    total: Sum = {}
    for prime, exponent in primes_of(size).items():
        total = plus(total, scaled(atom(("ln", key(constant(prime)))), exponent))
    for name, exponent in common:
        total = plus(total, _log_of(name, exponent))
    return total if rest == ONE else plus(total, atom(("ln", key(rest))))


def _log_of(name: tuple[object, ...], exponent: int | Fraction) -> Sum:
    kind = name[0]
    if kind == "i" or (kind == "e" and any(each == ("i",) for each, _ in name[1])):  # type: ignore[attr-defined]
        raise Unfit
    if kind == "e":
        return {name[1]: Fraction(exponent)}  # type: ignore[dict-item]
    if kind == "prime":
        return scaled(atom(("ln", key(constant(name[1])))), Fraction(exponent))  # type: ignore[arg-type]
    if kind == "root":
        return scaled(_log(dict(name[1])), Fraction(exponent))  # type: ignore[call-overload]
    inside = ("abs", key(atom(name))) if exponent % 2 == 0 and kind not in ("pi", "abs") else name
    return scaled(atom(("ln", key(atom(inside)))), Fraction(exponent))


def exponential(exponent: Quotient) -> Quotient:
    """e to the power of a quotient whose denominator is one term."""
    top, bottom = exponent
    if len(bottom) != 1:
        raise Unfit
    ((below, size),) = bottom.items()
    result: Quotient = (ONE, ONE)
    for above, value in top.items():
        powers = dict(above)
        for name, under in below:
            powers[name] = whole(powers.get(name, 0) - under)
        term = tuple(sorted((name, each) for name, each in powers.items() if each))
        result = multiply(result, _exponential(term, value / size))
    return result


def _exponential(term: Term, share: Fraction) -> Quotient:
    if len(term) == 1 and term[0][0][0] == "ln" and term[0][1] == 1:
        return power((dict(term[0][0][1]), ONE), share)
    if term == ((("i",), 1), (("pi",), 1)):
        return _turn(share), ONE
    return atom(("e", term), share), ONE


def _turn(share: Fraction) -> Sum:
    """e to the power of iπ times a fraction; exact for multiples of 30 and of 45 degrees."""
    half, root3, root2 = (
        Fraction(1, 2),
        atom(("prime", 3), Fraction(1, 2)),
        atom(("prime", 2), Fraction(1, 2)),
    )
    if (6 * share).denominator == 1:
        sixth = plus(scaled(root3, half), scaled(_I, half))
        return raised(sixth, int(6 * share) % 12)
    if (4 * share).denominator == 1:
        quarter = scaled(plus(root2, times(root2, _I)), half)
        return raised(quarter, int(4 * share) % 8)
    name = ("e", ((("i",), 1), (("pi",), 1)))
    left, beyond = reduced(name, share)
    return times(atom(name, left), beyond)


def _circular(name: str, argument: Quotient) -> Quotient:
    turned = multiply(argument, (_I if name in ("sin", "cos", "tan", "cot", "sec", "csc") else ONE, ONE))
    forth, back = exponential(turned), exponential((scaled(turned[0], -1), turned[1]))
    minus = (scaled(back[0], -1), back[1])
    two: Quotient = (constant(2), ONE)
    cosine = divide(add(forth, back), two)
    sine = divide(add(forth, minus), two)
    if name in ("sin", "tan", "cot", "csc"):
        sine = divide(sine, (_I, ONE))
    return {
        "sin": lambda: sine, "sinh": lambda: sine, "cos": lambda: cosine, "cosh": lambda: cosine,
        "tan": lambda: divide(sine, cosine), "tanh": lambda: divide(sine, cosine),
        "cot": lambda: divide(cosine, sine), "sec": lambda: divide((ONE, ONE), cosine),
        "csc": lambda: divide((ONE, ONE), sine),
    }[name]()  # fmt: skip


def _call(name: str, arguments: list[Quotient]) -> Quotient:
    first = arguments[0]
    if name == "log":
        return logarithm(first), ONE if fraction_e(arguments[1]) else logarithm(arguments[1])
    if name == "exp":
        return exponential(first)
    if name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh"):
        return _circular(name, first)
    values = [fraction(each) for each in arguments]
    exact = [each for each in values if each is not None]
    if len(exact) == len(values) and name in _RATIONAL:
        return constant(_RATIONAL[name](exact)), ONE
    if name == "abs":
        return multiply((_absolute(first[0]), ONE), divide((ONE, ONE), (_absolute(first[1]), ONE)))
    if name in ("gcd", "lcm"):
        return _common(name, [each[0] for each in arguments if each[1] == ONE], len(arguments)), ONE
    if name in ("factorial", "binom"):
        return _factorials(name, arguments)
    return _named(name, sorted(arguments, key=_ordered) if name in ("min", "max") else arguments), ONE


def fraction_e(value: Quotient) -> bool:
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


def _absolute(terms: Sum) -> Sum:
    """The absolute value: that of a product is the product of those of its factors."""
    if not terms:
        return {}
    size, common, rest = content(terms)
    result = constant(size)
    if len(rest) == 1:
        common, rest = (*common, *next(iter(rest))), ONE
    for name, exponent in common:
        if name[0] in ("i", "e") or exponent.denominator != 1:
            raise Unfit
        inside = name if name[0] in ("pi", "prime", "abs", "root") else ("abs", key(atom(name)))
        left, beyond = reduced(inside, exponent)
        result = times(times(result, atom(inside, left)), beyond)
    if rest == ONE:
        return result
    turned = scaled(rest, -1) if max(key(rest))[1] < 0 else rest
    return times(result, atom(("abs", key(turned))))


def _common(name: str, arguments: list[Sum], count: int) -> Sum:
    """The greatest common divisor, over the whole numbers, where one of the arguments is a single term."""
    if len(arguments) < count or count != 2 or min(len(each) for each in arguments) != 1:
        raise Unfit
    (size, common, rest), (other, shared, left) = (content(each) for each in arguments)
    first, second = (
        dict(a) | (dict(next(iter(b))) if len(b) == 1 else {}) for a, b in ((common, rest), (shared, left))
    )
    both = tuple(sorted((n, min(p, second[n])) for n, p in first.items() if n in second))
    divisor: Sum = {both: _gcd([size, other])}
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
        return constant(_factorial([exact])), ONE
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


def _gcd(values: list[Fraction]) -> Fraction:
    return Fraction(gcd(*(v.numerator for v in values)), lcm(*(v.denominator for v in values)))


def _lcm(values: list[Fraction]) -> Fraction:
    return Fraction(lcm(*(v.numerator for v in values)), gcd(*(v.denominator for v in values)))


def _whole(value: Fraction) -> int:
    if value.denominator != 1 or not 0 <= value <= _MOST_FACTORIAL:
        raise Unfit
    return int(value)


def _factorial(values: list[Fraction]) -> int:
    return factorial(_whole(values[0]))


def _modulo(values: list[Fraction]) -> Fraction:
    if not values[1]:
        raise Unfit
    return values[0] % values[1]


_RATIONAL: dict[str, Callable[[list[Fraction]], Fraction | int]] = {
    "gcd": _gcd,
    "lcm": _lcm,
    "min": min,
    "max": max,
    "mod": _modulo,
    "abs": lambda values: abs(values[0]),
    "floor": lambda values: floor(values[0]),
    "ceil": lambda values: ceil(values[0]),
    "factorial": _factorial,
    "double factorial": lambda values: prod(range(_whole(values[0]), 0, -2)),
    "binom": lambda values: comb(_whole(values[0]), _whole(values[1])),
    "perm": lambda values: perm(_whole(values[0]), _whole(values[1])),
}
