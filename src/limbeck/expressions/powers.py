r"""Powers, roots, logarithms, exponentials and circular functions of sums in one form.

Letters under even roots and in logarithms are taken to be such that both sides are defined: ``\ln(ab)`` is
``\ln a + \ln b``, but ``\sqrt{x^2}`` is ``|x|``.
"""

from __future__ import annotations

from fractions import Fraction

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
from limbeck.expressions.tokens import Unfit

IMAGINARY = atom(("i",))
PI = atom(("pi",))


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
    for prime, times_in in primes_of(size).items():
        left, beyond = reduced(("prime", prime), share * times_in)
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
            return times(result, raised(IMAGINARY, share.numerator))
    if rest == ONE:
        return result
    if share.denominator == 2 and (base := _square_root(rest)) is not None:
        return times(result, raised(absolute(base), share.numerator))
    outside = share.numerator // share.denominator
    return times(times(result, raised(rest, outside)), atom(("root", key(rest)), share - outside))


def _square_root(terms: Sum) -> Sum | None:
    """What a sum of three terms is the square of: a + b for a^2 + 2ab + b^2."""
    if len(terms) != 3:
        return None
    squares = [dict([pair]) for pair in terms.items() if pair[1] > 0 and all(p % 2 == 0 for _, p in pair[0])]
    for place, first in enumerate(squares):
        for second in squares[place + 1 :]:
            a, b = (_unsigned(_root(square, Fraction(1, 2))) for square in (first, second))
            for base in (plus(a, b), plus(a, scaled(b, -1))):
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


def _rooted(name: Atom, exponent: Power, share: Fraction) -> Sum:
    """A power of an atom to a rational power: the root of a square is an absolute value."""
    if name[0] == "i" or (name[0] == "e" and any(each == ("i",) for each, _ in name[1])):
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
    for prime, times_in in primes_of(size).items():
        total = plus(total, scaled(atom(("ln", key(constant(prime)))), times_in))
    for name, exponent in common:
        total = plus(total, _log_of(name, exponent))
    return total if rest == ONE else plus(total, atom(("ln", key(rest))))


def _log_of(name: Atom, exponent: Power) -> Sum:
    kind = name[0]
    if kind == "i" or (kind == "e" and any(each == ("i",) for each, _ in name[1])):
        raise Unfit
    if kind == "e":
        return {name[1]: Fraction(exponent)}
    if kind == "prime":
        return scaled(atom(("ln", key(constant(name[1])))), Fraction(exponent))
    if kind == "root":
        return scaled(_log(dict(name[1])), Fraction(exponent))
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
        sixth = plus(scaled(root3, half), scaled(IMAGINARY, half))
        return raised(sixth, int(6 * share) % 12)
    if (4 * share).denominator == 1:
        quarter = scaled(plus(root2, times(root2, IMAGINARY)), half)
        return raised(quarter, int(4 * share) % 8)
    name = ("e", ((("i",), 1), (("pi",), 1)))
    left, beyond = reduced(name, share)
    return times(atom(name, left), beyond)


def circular(name: str, argument: Quotient) -> Quotient:
    turned = multiply(
        argument, (IMAGINARY if name in ("sin", "cos", "tan", "cot", "sec", "csc") else ONE, ONE)
    )
    forth, back = exponential(turned), exponential((scaled(turned[0], -1), turned[1]))
    minus = (scaled(back[0], -1), back[1])
    two: Quotient = (constant(2), ONE)
    cosine = divide(add(forth, back), two)
    sine = divide(add(forth, minus), two)
    if name in ("sin", "tan", "cot", "csc"):
        sine = divide(sine, (IMAGINARY, ONE))
    return {
        "sin": lambda: sine, "sinh": lambda: sine, "cos": lambda: cosine, "cosh": lambda: cosine,
        "tan": lambda: divide(sine, cosine), "tanh": lambda: divide(sine, cosine),
        "cot": lambda: divide(cosine, sine), "sec": lambda: divide((ONE, ONE), cosine),
        "csc": lambda: divide((ONE, ONE), sine),
    }[name]()  # fmt: skip


def absolute(terms: Sum) -> Sum:
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
