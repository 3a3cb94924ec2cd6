"""Equations and inequalities of several letters.

They are the same where one is a multiple of the other, and different where a point that satisfies one does
not satisfy the other.
"""

from __future__ import annotations

import operator
import random
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise

from limbeck.answers.regions import rational_pieces, region
from limbeck.answers.rules import Difference, Unsure
from limbeck.answers.shape import split
from limbeck.expressions.forms import form
from limbeck.expressions.numerics import Floats, Number, Point, Undefined, value
from limbeck.expressions.reading import read
from limbeck.expressions.sums import ONE, divide, fraction
from limbeck.expressions.tokens import Node, Reading, Unfit, number
from limbeck.expressions.witness import equality

_SIGN = re.compile(r"(<|>|\\le(?![a-z])|\\ge(?![a-z])|\\ne(?![a-z]))")
_JOINED = re.compile(r"\s+(or|and)\s+|\\(lor|vee|land|wedge)(?![a-z])|(,)\s*(?=[^,]*(?:[<>]|\\[lgn]e))")
_LINES = 12
_STEPS = [-9.7 + 0.61 * step for step in range(33)]
# A boundary is hit by no point that is tried.
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "\\le": operator.lt, ">": operator.gt, "\\ge": operator.gt, "\\ne": operator.ne,
}  # fmt: skip
Predicate = Callable[[Point], bool]


def same_relation(gold: str, answer: str) -> bool | Difference | None:
    """Whether two equations have the same solutions; None where that cannot be told here."""
    left, right = _difference(gold), _difference(answer)
    if left is None or right is None or left.ways | right.ways:
        return None
    if _is_multiple(left.tree, right.tree):
        return True
    near = False
    for equation, other in ((left, right), (right, left)):
        for point in _solutions(equation, equation.letters | other.letters):
            try:
                lib = Floats()
                worth = value(other.tree, point, lib)
            except (Undefined, Unfit):
                continue
            spread = _spread(other.tree, point, lib, worth) + _spread(equation.tree, point, lib, None)
            if 0 < spread >= abs(worth):
                near = True
            elif abs(worth) > 1e-4 * max(lib.peak, 1):
                where = ", ".join(f"{name} = {at:.6g}" for name, at in sorted(point.items()))
                return Difference(f"only one of them holds at {where}")
    if near:
        raise Unsure(f"{answer} and {gold} agree up to rounding")
    return None


def _spread(tree: Node, point: Point, lib: Floats, worth: Number) -> float:
    """How far the value of a tree may be off for the decimals in it are rounded."""
    if worth is None:
        lib = Floats()
        worth = value(tree, point, lib)
    places = range(min(lib.decimals, 8))
    return sum(float(abs(value(tree, point, Floats(place)) - worth)) for place in places)


def solved_by(equation: str, expression: str) -> bool | Difference | None:
    """Whether an equation holds when its one letter that an expression lacks is put equal to it, or says that
    the expression is zero; None where that cannot be told."""
    left, right = _difference(equation), read(expression)
    if left is None or right is None or left.ways | right.ways:
        return None
    free = left.letters - right.letters
    if not right.letters and len(free) > 1:
        return Difference("a number satisfies no equation of several letters")
    if len(free) != 1 or not right.letters <= left.letters:
        return True if _is_multiple(left.tree, right.tree) else None
    (letter,) = free
    tree = _put(left.tree, letter, right.tree)
    finding = equality(number(0), tree)
    return True if finding.kind != "different" else Difference(f"{expression} does not satisfy {equation}")


def _put(tree: Node, name: str, other: Node) -> Node:
    if tree == ("sym", name):
        return other
    return tuple(_put(part, name, other) if isinstance(part, tuple) else part for part in tree)


def _difference(text: str) -> Reading | None:
    """One side of an equation minus the other."""
    sides = split(text, "=")
    if len(sides) != 2 or _SIGN.search(text):
        return None
    left, right = read(sides[0].strip()), read(sides[1].strip())
    if left is None or right is None:
        return None
    tree = ("+", left.tree, ("*", number(-1), right.tree))
    return Reading(tree, left.letters | right.letters, left.ways | right.ways)


def _is_multiple(left: Node, right: Node) -> bool:
    first, second = form(left), form(right)
    if first is None or second is None or not first[0] or not second[0]:
        return False
    try:
        if fraction(divide(first, second)) is not None:
            return True
        # PV = nRT is P = nRT/V wherever both are defined.
        return fraction(divide((first[0], ONE), (second[0], ONE))) is not None
    except Unfit:
        return False


def _solutions(relation: Reading, every: frozenset[str]) -> Iterator[Point]:
    """Points at which a difference is zero: on lines along one of its letters, by bisection."""
    letters = sorted(relation.letters)
    rng = random.Random(len(letters))
    for trial in range(_LINES if letters else 0):
        along = letters[trial % len(letters)]
        scale = 0.5 if trial < _LINES // 2 else 2.5
        point = {name: scale * (0.3 + rng.random()) * (-1 if trial % 3 == 2 else 1) for name in sorted(every)}

        def at(place: float, along: str = along, point: dict[str, float] = point) -> float | None:
            try:
                worth = value(relation.tree, {**point, along: place}, Floats())
            except (Undefined, Unfit):
                return None
            return None if worth.imag else float(worth.real)

        for low, high in pairwise(_STEPS):
            root = _bisected(at, low, high)
            if root is not None:
                yield {**point, along: root}


def _bisected(at: Callable[[float], float | None], low: float, high: float) -> float | None:
    first, last = at(low), at(high)
    if first is None or last is None or first * last > 0:
        return None
    size = max(abs(first), abs(last))
    for _ in range(60):
        middle = (low + high) / 2
        worth = at(middle)
        if worth is None:
            return None
        if (worth > 0) == (last > 0):
            high = middle
        else:
            low = middle
    worth = at(middle)
    return middle if worth is not None and abs(worth) < 1e-9 * size else None


def told_apart(gold: str, answer: str) -> Difference | None:
    """A point at which only one of two conditions holds (inequalities, intervals), or None."""
    left, right = _condition(gold), _condition(answer)
    if left is None or right is None:
        return None
    letters = sorted((left[0] | right[0]) - {""})
    if not letters or len(letters) > 3 or ("" in left[0] | right[0] and len(letters) > 1):
        return None
    rng = random.Random(7)
    for trial in range(160):
        scale = (1, 4, 12, 60)[trial % 4]
        point = {name: scale * rng.uniform(-1, 1) for name in letters}
        point[""] = point[letters[0]]
        if left[1](point) != right[1](point):
            where = ", ".join(f"{name} = {point[name]:.6g}" for name in letters)
            return Difference(f"only one of them holds at {where}")
    return None


def _condition(text: str) -> tuple[frozenset[str], Predicate] | None:
    """The letters of a condition, "" for an interval's, and whether it holds at a point."""
    text = text.strip()
    read_region = region(text)
    pieces = rational_pieces(read_region[1]) if read_region else None
    if read_region and pieces is not None:
        name = read_region[0]
        inside = [(low, high) for low, _, high, _ in pieces]
        return frozenset([name]), lambda point: any(_between(point[name], *ends) for ends in inside)
    if joint := _JOINED.search(text):
        left, right = _condition(text[: joint.start()]), _condition(text[joint.end() :])
        if left is None or right is None or joint[3]:
            return None
        first, second = left[1], right[1]
        if joint[1] == "or" or joint[2] in ("lor", "vee"):
            return left[0] | right[0], lambda point: first(point) or second(point)
        return left[0] | right[0], lambda point: first(point) and second(point)
    return _chain(text)


def _between(place: float, low: Fraction | None, high: Fraction | None) -> bool:
    return (low is None or low < place) and (high is None or place < high)


def _chain(text: str) -> tuple[frozenset[str], Predicate] | None:
    parts = _SIGN.split(text)
    sides = [read(side.strip()) for side in parts[::2]]
    readings = [side for side in sides if side is not None]
    if len(parts) < 3 or len(readings) < len(sides) or any(side.ways for side in readings):
        return None
    signs = parts[1::2]

    def holds(point: Point) -> bool:
        try:
            worth = [value(side.tree, point, Floats()) for side in readings]
        except (Undefined, Unfit):
            return False
        if any(each.imag for each in worth):
            return False
        pairs = zip(worth, signs, worth[1:], strict=False)
        return all(_COMPARE[sign](a, b) for a, sign, b in pairs)

    return frozenset[str]().union(*(side.letters for side in readings)), holds


def same_inequality(gold: str, answer: str) -> bool:
    """Whether two inequalities are one but for a factor: ``x + y < 3`` and ``2x + 2y < 6``."""
    pairs = []
    for text in (gold, answer):
        parts = _SIGN.split(text)
        if len(parts) != 3:
            return False
        left, right = read(parts[0].strip()), read(parts[2].strip())
        if left is None or right is None or left.ways | right.ways:
            return False
        sign = parts[1].replace("<", "\\lt").replace(">", "\\gt")
        sides = (right.tree, left.tree) if sign.startswith("\\l") else (left.tree, right.tree)
        pairs.append((("+", sides[0], ("*", number(-1), sides[1])), sign[2:]))
    first, second = form(pairs[0][0]), form(pairs[1][0])
    if pairs[0][1] != pairs[1][1] or not first or not second or not second[0]:
        return False
    try:
        share = fraction(divide(first, second))
    except Unfit:
        return False
    return share is not None and (share > 0 or (pairs[0][1] == "e" and "\\ne" in gold))
