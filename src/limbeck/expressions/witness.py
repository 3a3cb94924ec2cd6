"""Whether two expressions are equal, by a witness or by proof.

Different is what differs beyond rounding at a point where both are defined: the point is the witness. Equal
is what has one exact form (`limbeck.expressions.forms`), and numbers that agree to 400 digits. Whatever
agrees at every point that was tried and has no proof is left open. Letters under roots and in logarithms,
and those of exponents, are tried at positive values first; n, k and m only at whole ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from msgspec import Struct

from limbeck.expressions import forms
from limbeck.expressions.forms import rational
from limbeck.expressions.numerics import Digits, Floats, Number, Undefined, is_constant, value
from limbeck.expressions.reading import read
from limbeck.expressions.tokens import Node, Reading, Unfit, Way, number

_SCALES = (1.0, 1.3, 0.4, 3.0, 8.0, 0.2, 2.0, 20.0, 5.0, 0.7)
_COUNTING = frozenset("nkm")
_ENOUGH = 6
_NEAR, _FAR, _VANISHING = 1e-12, 1e-6, 1e-9
_PI = (Fraction(314, 100), Fraction(22, 7), Fraction(31416, 10000), Fraction(3))
_PRECISIONS = (60, 420)


class Finding(Struct, frozen=True):
    """``equal``, ``different`` (the reason names the witness), ``rounded``, ``ambiguous`` or ``open``."""

    kind: str
    reason: str = ""


_EQUAL = Finding("equal")


def compare(gold: str, answer: str, tolerance: float = 0.0) -> Finding | None:
    """Compare two tidy texts; None where one of them is not read.

    ``tolerance`` is how far a value may be from the reference's, as a share of it.
    """
    left, right = read(gold), read(answer)
    if left is None or right is None:
        return None
    finding = _compared(left, right, tolerance)
    ways = left.ways | right.ways
    if "tight" in ways:
        other = Way(tight=True)
        pairs = [(read(gold, a), read(answer, b)) for a in (Way(), other) for b in (Way(), other)]
        kinds = {_compared(a, b, tolerance).kind for a, b in pairs[1:] if a and b}
        if kinds != {finding.kind}:
            return Finding("ambiguous", f"{gold} or {answer} can be read in two ways")
    if finding.kind == "different" and ways - {"tight"}:
        other = Way(natural="natural" in ways, product="product" in ways, inner="inner" in ways)
        again_left, again_right = read(gold, other), read(answer, other)
        if again_left and again_right and _compared(again_left, again_right, tolerance).kind == "equal":
            return Finding("ambiguous", f"{gold} or {answer} can be read in two ways")
    return finding


def _compared(left: Reading, right: Reading, tolerance: float) -> Finding:
    return equality(left.tree, right.tree, tolerance)


def equality(left: Node, right: Node, tolerance: float = 0.0) -> Finding:
    """Compare two trees."""
    if left == right:
        return _EQUAL
    if _applied(left) != _applied(right):
        return Finding("open", "one of them has a function that is not known")
    if is_constant(left) and is_constant(right):
        return _numbers(left, right, tolerance)
    seen = near = 0
    half = True
    for point in _points(left, right):
        try:
            gap = _gap(left, right, point)
        except Unfit:
            break
        except Undefined:
            continue
        seen += 1
        if gap.same or (tolerance and gap.distance <= tolerance * abs(gap.left)):
            near += not gap.same
        elif gap.distance <= gap.spread:
            near += 1
            half = half and 2 * gap.distance <= gap.spread
        else:
            return Finding("different", gap.told(point))
        if seen == 2 and not near and forms.equal(left, right):
            return _EQUAL
        if seen == _ENOUGH:
            break
    if near:
        within = tolerance or (half and _stated(left, right))
        return _EQUAL if within else Finding("rounded", "they agree up to rounding")
    if seen < 2 and forms.equal(left, right):
        return _EQUAL
    if not seen:
        return Finding("open", "there is no point at which both can be evaluated")
    return _closely(left, right) or Finding("open", "they agree at every point that was tried")


def _applied(tree: Node) -> set[str]:
    """The functions of a tree that have only a name."""
    names = {tree[1]} if tree[0] == "of" else set[str]()
    return names.union(*(_applied(part) for part in tree[1:] if isinstance(part, tuple)))


def _closely(left: Node, right: Node) -> Finding | None:
    """The witness of a difference that floating point cannot see."""
    for tried, point in enumerate(_points(left, right)):
        try:
            gap = _gap(left, right, point, 50)
        except (Unfit, Undefined):
            continue
        if not gap.same:
            return Finding("different", gap.told(point))
        if tried > 3:
            return None
    return None


def _numbers(left: Node, right: Node, tolerance: float) -> Finding:
    exact = forms.equal(left, right)
    if exact:
        return _EQUAL
    try:
        gap = _gap(left, right, {})
        if exact is False:
            gap.distance = abs((rational(left) or Fraction(0)) - (rational(right) or Fraction(0)))
        elif gap.same:
            for digits in _PRECISIONS:
                gap = _gap(left, right, {}, digits)
                if not gap.same:
                    break
            else:
                return _EQUAL
    except (Unfit, Undefined):
        return Finding("different" if exact is False else "open", "they cannot be evaluated")
    if tolerance and gap.distance <= tolerance * abs(gap.left):
        return _EQUAL
    if gap.distance <= gap.spread:
        half = 2 * gap.distance <= gap.spread
        return _EQUAL if half and _stated(left, right) else Finding("rounded", "they agree up to rounding")
    if any(_same_with_pi(left, right, about) for about in _PI):
        return Finding("ambiguous", "they agree with 3.14 for π")
    turned = _in_degrees(left), _in_degrees(right)
    if turned != (left, right) and equality(*turned).kind == "equal":
        return Finding("ambiguous", "they agree where angles are in degrees")
    return Finding("different", gap.told({}))


def _same_with_pi(left: Node, right: Node, about: Fraction) -> bool:
    """Whether two numbers are equal when π is put equal to a fraction."""
    made = [rational(_with_pi(tree, about)) for tree in (left, right)]
    return made[0] is not None and made[0] == made[1] and not (made[0] == rational(left) == rational(right))


def _in_degrees(tree: Node) -> Node:
    """A tree whose sines are those of angles in degrees, if they are of bare numbers."""
    if tree[:2] in (("call", "sin"), ("call", "cos"), ("call", "tan")) and rational(tree[2]):
        return (*tree[:2], ("*", tree[2], ("/", ("const", "pi"), number(180))))
    return tuple(_in_degrees(part) if isinstance(part, tuple) else part for part in tree)


def _with_pi(tree: Node, about: Fraction) -> Node:
    if tree == ("const", "pi"):
        return number(about)
    return tuple(_with_pi(part, about) if isinstance(part, tuple) else part for part in tree)


class _Gap(Struct):
    """What two trees are worth at a point, and how far apart the decimals in them allow them to be."""

    left: Any
    right: Any
    same: bool
    distance: Any
    spread: Any = 0.0

    def told(self, point: dict[str, float]) -> str:
        where = ", ".join(f"{name} = {at:.6g}" for name, at in point.items())
        return f"{'at ' + where + ' ' if where else ''}they are {_shown(self.right)} and {_shown(self.left)}"


def _shown(number: Number) -> str:
    number = complex(number)
    return f"{number.real:.6g}" if not number.imag else f"{number:.6g}"


def _gap(left: Node, right: Node, point: dict[str, float], digits: int = 0) -> _Gap:
    def at(tree: Node) -> tuple[Number, Floats]:
        lib = Digits(digits) if digits else Floats()
        return value(tree, point, lib), lib

    (first, one_lib), (second, other_lib) = at(left), at(right)
    distance = abs(first - second)
    peak = max(one_lib.peak, other_lib.peak, abs(first), abs(second))
    if distance != distance or peak == float("inf"):
        raise Undefined
    near = 10.0 ** (8 - digits) if digits else _NEAR
    if digits > 300:
        near = one_lib.number(*_tiny(digits))
    if not digits and (near * peak < distance <= max(_FAR * peak, _VANISHING)):
        return _gap(left, right, point, 50)
    # A logarithm of 1 is rounded as the 1 is, however little it is worth itself.
    same = distance <= near * peak or (digits and distance <= near)
    gap = _Gap(first, second, bool(same), distance)
    if one_lib.decimals or other_lib.decimals:
        for tree, centre, count in ((left, first, one_lib.decimals), (right, second, other_lib.decimals)):
            for place in range(min(count, 8)):
                gap.spread += abs(value(tree, point, Floats(place)) - centre)
        gap.spread *= 1 + 1e-9
    return gap


def _tiny(digits: int) -> tuple[Any, Any]:
    return Fraction(1, 10 ** (digits - 20)), Fraction(0)


def _stated(gold: Node, answer: Node) -> bool:
    """Whether the reference gives the digits of an irrational answer: 1.414 of the square root of two."""
    if any(part[2] for part in _numerals(answer)):
        return False
    decimals = [part for part in _numerals(gold) if part[2]]
    if any(2 * abs(part[1]) < 2000 * part[2] for part in decimals):
        return False
    made = forms.form(answer)
    atoms = {name[0] for side in made or () for term in side for name, _ in term}
    return bool(atoms & {"prime", "pi", "ln"})


def _numerals(tree: Node) -> Iterator[Node]:
    if tree[0] == "num":
        yield tree
        return
    for part in tree[1:]:
        if isinstance(part, tuple):
            yield from _numerals(part)


def _points(left: Node, right: Node) -> Iterator[dict[str, float]]:
    guarded: set[str] = set()
    letters = sorted(_letters(left, guarded, False) | _letters(right, guarded, False))
    for trial, scale in enumerate(_SCALES):
        yield {name: _at(place, trial, scale, name, name in guarded) for place, name in enumerate(letters)}
    if guarded:
        for trial, scale in enumerate(_SCALES):
            yield {name: _at(place, trial + 1, scale, name, False) for place, name in enumerate(letters)}
    for trial in range(4):
        yield {name: float(_draw(place, trial, True) % 6 + 1) for place, name in enumerate(letters)}


def _at(place: int, trial: int, scale: float, name: str, positive: bool) -> float:
    if name[0] in _COUNTING:
        return float(_draw(place, trial, True))
    sign = -1 if trial % 2 and not positive else 1
    return sign * scale * float(_draw(place, trial, False))


@lru_cache(maxsize=1024)
def _draw(place: int, trial: int, whole: bool) -> float:
    rng = random.Random(1000 * place + trial)
    return rng.randrange(1, 12) if whole else 0.5 + rng.random()


def _letters(tree: Node, guarded: set[str], inside: bool) -> set[str]:
    """The letters of a tree; ``guarded`` gets those that roots, logarithms and powers ask to be positive."""
    kind = tree[0]
    if kind == "sym":
        if inside:
            guarded.add(tree[1])
        return {tree[1]}
    inside = inside or (kind == "root" and tree[2] % 2 == 0) or (kind == "call" and tree[1] == "log")
    if kind == "^":
        exponent = forms.rational(tree[2])
        inside = inside or exponent is None or exponent.denominator != 1
    letters: set[str] = set()
    for part in tree[1:]:
        if isinstance(part, tuple):
            letters |= _letters(part, guarded, inside)
    return letters
