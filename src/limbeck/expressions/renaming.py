r"""Expressions that are one but for a name: of a parameter, of a constant of integration, of a unit.

``n\pi`` says of all whole numbers what ``k\pi`` says, ``Ae^x`` is ``Ce^x``, and ``-\frac{\cos 2x}{4} + C`` is
``\frac{\sin^2 x}{2} + C`` with another C.
"""

from __future__ import annotations

import re
from itertools import islice, pairwise, permutations

from limbeck.expressions.numerics import Floats, Undefined, value
from limbeck.expressions.reading import read
from limbeck.expressions.tokens import Node, Unfit, number
from limbeck.expressions.witness import equality

_COUNTING = frozenset("nkmlj")
_LAST_LETTER = re.compile(r"(?<=[\d})\]])\s+[mshgLKNJWVAT]$")
_CONSTANT = re.compile(r"[CcK](?:_\w+|')?")
_FREE = re.compile(r"[A-DKLMkc](?:_\w+|')?")
_MOST = 4
_PLACES = [-6.3 + 0.37 * step for step in range(36)]


def same_but_for_unit(gold: str, answer: str) -> bool:
    """Whether two different expressions are one without a last letter set apart, as in ``2(x + 1) m``."""
    bare = [_LAST_LETTER.sub("", text) for text in (gold, answer)]
    if bare == [gold, answer] or not all(bare):
        return False
    left, right = read(bare[0]), read(bare[1])
    return left is not None and right is not None and equality(left.tree, right.tree).kind == "equal"


def renamed(gold: str, answer: str) -> str:
    """What kind of letter it is that, renamed, makes two different expressions one.

    ``constant`` for those of integration, ``parameter`` for one that counts, ``letter`` for others, and
    ``shifted`` where constants only have other values; empty where they differ all the same.
    """
    left, right = read(gold), read(answer)
    if left is None or right is None or len(left.letters) > 8 or "sym" in (left.tree[0], right.tree[0]):
        return ""
    constants = {name for name in left.letters if _CONSTANT.fullmatch(name)}
    old = sorted(right.letters - left.letters) or sorted(right.letters & constants)
    new = sorted(left.letters - right.letters) or sorted(left.letters & constants)
    if constants and len(constants) > 1 and all(_FREE.fullmatch(name) for name in (*old, *new)):
        new = sorted({*new, *constants})
        old = sorted({*old, *(constants & right.letters)})
    if len(old) == len(new) <= _MOST:
        for order in islice(permutations(new), 24):
            if equality(left.tree, put(right.tree, dict(zip(old, order, strict=True)))).kind == "equal":
                return _kind(old, new)
    only = {name for name in left.letters ^ right.letters if _CONSTANT.fullmatch(name)}
    bare = [_without(tree, only) for tree in (left.tree, right.tree)]
    if len(only) == 1 and equality(bare[0], bare[1]).kind == "equal":
        return "shifted"  # one side lacks its constant
    return "shifted" if constants and _shifted(left.tree, right.tree, left.letters | right.letters) else ""


def _kind(old: list[str], new: list[str]) -> str:
    if all(_CONSTANT.fullmatch(name) for name in new) and all(_FREE.fullmatch(name) for name in old):
        return "constant"
    return "parameter" if {*old, *new} <= _COUNTING | {"t"} and len(old) == 1 else "letter"


def put(tree: Node, names: dict[str, str]) -> Node:
    """A tree with other names for its letters."""
    if tree[0] == "sym":
        return ("sym", names.get(tree[1], tree[1]))
    return tuple(put(part, names) if isinstance(part, tuple) else part for part in tree)


def _without(tree: Node, names: set[str]) -> Node:
    """A tree with zero for some of its letters."""
    if tree[0] == "sym" and tree[1] in names:
        return number(0)
    return tuple(_without(part, names) if isinstance(part, tuple) else part for part in tree)


def _shifted(left: Node, right: Node, letters: frozenset[str]) -> bool:
    """Whether some value of the right side's constant makes it the left side: everywhere, as far as tried."""
    names = sorted(letters)
    constant = next((name for name in names if _CONSTANT.fullmatch(name)), "")
    points = [{name: 0.6 + 0.31 * i + 0.47 * trial for i, name in enumerate(names)} for trial in range(4)]
    for point in points:
        point[constant] = 1.3

    def gap(place: float, point: dict[str, float]) -> float:
        at_left, at_right = value(left, point, Floats()), value(right, {**point, constant: place}, Floats())
        return float((at_right - at_left).real)

    try:
        gaps = [gap(place, points[0]) for place in _PLACES]
        near = next((i for i, (a, b) in enumerate(pairwise(gaps)) if a * b <= 0), None)
        if near is None:
            return False
        low, high = _PLACES[near], _PLACES[near + 1]
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (low, middle) if gap(low, points[0]) * gap(middle, points[0]) <= 0 else (middle, high)
        return all(abs(gap(low, point)) < 1e-8 for point in points)
    except (Undefined, Unfit):
        return False
