"""Random expressions, rewritten by identities or changed, with their values in 40-digit arithmetic.

A node is a tuple: a name, then numbers or nodes. ``rewritten`` keeps the value wherever both sides are real;
``changed`` does not, somewhere. Neither knows anything of Limbeck.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import mpmath

LETTERS = "xyzabpq"
Node = tuple[Any, ...]
Point = dict[str, mpmath.mpf]
FUNCTIONS = ("sin", "cos", "tan", "exp", "ln", "root", "log")
POINTS = 16
LEAST = 4
"""Of the sampled points, how many must lie in both domains before two expressions are called equal."""


class Outside(Exception):
    """The value is not real, or too big to compare."""


def num(value: int | Fraction) -> Node:
    return ("num", Fraction(value))


def value(node: Node, point: Point) -> mpmath.mpf:
    """The real value of an expression.

    Raises:
        Outside: where there is none.
    """
    kind = node[0]
    if kind == "num":
        return mpmath.mpf(node[1].numerator) / node[1].denominator
    if kind == "var":
        return point[node[1]]
    values = [value(part, point) for part in node[1:] if isinstance(part, tuple)]
    if any(abs(each) > 10**15 for each in values):
        raise Outside
    return _applied(node, values)


def _applied(node: Node, values: list[mpmath.mpf]) -> mpmath.mpf:
    kind, first = node[0], values[0]
    if kind == "add":
        return mpmath.fsum(values)
    if kind == "mul":
        return mpmath.fprod(values)
    if kind == "div":
        if abs(values[1]) < 1e-9:
            raise Outside
        return first / values[1]
    if kind == "pow":
        if node[2] < 0 and abs(first) < 1e-9:
            raise Outside
        return first ** node[2]
    if kind == "root":
        if first < 0 and node[2] % 2 == 0:
            raise Outside
        return mpmath.sign(first) * mpmath.root(abs(first), node[2])
    if kind in ("ln", "log"):
        if first <= 0:
            raise Outside
        return mpmath.log(first) / (mpmath.log(node[2]) if kind == "log" else 1)
    if kind == "exp" and first > 30:
        raise Outside
    return getattr(mpmath, kind)(first)


def letters(node: Node) -> set[str]:
    """The variables in an expression."""
    if node[0] == "var":
        return {node[1]}
    return set().union(*(letters(part) for part in node[1:] if isinstance(part, tuple)))


def differences(left: Node, right: Node, rng: random.Random) -> list[bool]:
    """Whether two expressions differ, at each sampled point where both are real."""
    names = sorted(letters(left) | letters(right))
    verdicts = []
    with mpmath.workdps(40):
        for trial in range(POINTS if names else 1):
            low = 0.2 if trial % 2 else -4.0
            point = {name: mpmath.mpf(rng.uniform(low, 4.0)) for name in names}
            try:
                sides = value(left, point), value(right, point)
            except Outside:
                continue
            verdicts.append(abs(sides[0] - sides[1]) > 1e-9 * (1 + max(abs(side) for side in sides)))
    return verdicts


def expression(rng: random.Random, depth: int, names: str) -> Node:
    """A random expression in the given letters; without letters, a number."""
    if depth == 0 or rng.random() < 0.15:
        if names and rng.random() < 0.65:
            return ("var", rng.choice(names))
        return num(
            rng.randrange(1, 13)
            if rng.random() < 0.8
            else Fraction(rng.randrange(1, 9), rng.choice((2, 3, 5)))
        )

    def inner() -> Node:
        return expression(rng, depth - 1, names)

    kind = rng.choice(("add", "add", "add", "mul", "mul", "sub", "sub", "div", "pow", *FUNCTIONS))
    if kind == "sub":
        return ("add", inner(), ("mul", num(-1), inner()))
    if kind in ("add", "mul", "div"):
        return (kind, inner(), inner())
    if kind == "pow":
        return ("pow", inner(), rng.choice((2, 2, 3)))
    if kind == "root":
        return ("root", inner(), rng.choice((2, 2, 2, 3)))
    return ("log", inner(), rng.choice((2, 3, 5, 10))) if kind == "log" else (kind, inner())


# --- identities: each takes a node and returns another of the same value, or None where it does not apply


def _reordered(node: Node, rng: random.Random) -> Node | None:
    return (node[0], *reversed(node[1:])) if node[0] in ("add", "mul") else None


def _expanded(node: Node, rng: random.Random) -> Node | None:
    if node[0] == "mul" and len(node) == 3 and node[2][0] == "add":
        return ("add", *(("mul", node[1], term) for term in node[2][1:]))
    if node[0] == "pow" and node[2] == 2 and node[1][0] == "add" and len(node[1]) == 3:
        _, a, b = node[1]
        return ("add", ("pow", a, 2), ("mul", num(2), a, b), ("pow", b, 2))
    return None


def _factored(node: Node, rng: random.Random) -> Node | None:
    if node[0] == "add" and len(node) == 3:
        k = num(rng.randrange(2, 6))
        return ("mul", k, ("add", *(("div", term, k) for term in node[1:])))
    return None


def _cancelled(node: Node, rng: random.Random) -> Node | None:
    extra = num(rng.randrange(2, 9))
    shapes = (
        ("add", ("mul", num(2), node), ("mul", num(-1), node)),
        ("add", node, extra, ("mul", num(-1), extra)),
        ("div", ("mul", extra, node), extra),
    )
    return rng.choice(shapes)


def _fraction(node: Node, rng: random.Random) -> Node | None:
    if node[0] == "add" and len(node) == 3 and any(term[0] == "div" for term in node[1:]):
        (p, q), (r, s) = [term[1:] if term[0] == "div" else (term, num(1)) for term in node[1:]]
        return ("div", ("add", ("mul", p, s), ("mul", r, q)), ("mul", q, s))
    if node[0] == "div" and node[2][0] == "div":
        return ("div", ("mul", node[1], node[2][2]), node[2][1])
    return ("mul", ("div", num(1), node[2]), node[1]) if node[0] == "div" else None


def _base(node: Node, rng: random.Random) -> Node | None:
    if node[0] == "log":
        return ("div", ("ln", node[1]), ("ln", num(node[2])))
    if node[0] == "ln" and node[1][0] in ("mul", "div"):
        parts = [("ln", part) for part in node[1][1:]]
        return ("add", *parts) if node[1][0] == "mul" else ("add", parts[0], ("mul", num(-1), parts[1]))
    return ("mul", num(node[1][2]), ("ln", node[1][1])) if node[0] == "ln" and node[1][0] == "pow" else None


def _rationalised(node: Node, rng: random.Random) -> Node | None:
    if node[0] == "div" and node[2][0] == "root" and node[2][2] == 2:
        return ("div", ("mul", node[1], node[2]), node[2][1])
    if node[0] == "root" and node[2] == 2 and node[1][0] == "num" and node[1][1].denominator == 1:
        k = rng.randrange(2, 5)
        return ("div", ("root", num(node[1][1] * k * k), 2), num(k))
    return ("div", num(1), ("div", num(1), node)) if node[0] == "root" else None


def _angles(node: Node, rng: random.Random) -> Node | None:
    if node[0] == "tan":
        return ("div", ("sin", node[1]), ("cos", node[1]))
    if node[0] == "sin":
        half = ("div", node[1], num(2))
        return ("mul", num(2), ("sin", half), ("cos", half))
    if node[0] == "cos":
        half = ("div", node[1], num(2))
        return ("add", num(1), ("mul", num(-2), ("pow", ("sin", half), 2)))
    return None


def _powers(node: Node, rng: random.Random) -> Node | None:
    if node[0] == "exp" and node[1][0] == "add":
        return ("mul", *(("exp", term) for term in node[1][1:]))
    if node[0] == "pow" and node[2] > 1:
        return ("mul", node[1], node[1] if node[2] == 2 else ("pow", node[1], node[2] - 1))
    if node[0] == "root" and node[1][0] == "mul" and node[2] == 2:
        return ("mul", *(("root", part, 2) for part in node[1][1:]))
    return None


IDENTITIES: tuple[Callable[[Node, random.Random], Node | None], ...] = (
    _reordered, _expanded, _factored, _cancelled, _fraction, _base, _rationalised, _angles, _powers,
)  # fmt: skip


def places(node: Node, path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Where the parts of an expression are."""
    yield path
    for index, part in enumerate(node):
        if isinstance(part, tuple):
            yield from places(part, (*path, index))


def part_at(node: Node, path: tuple[int, ...]) -> Node:
    return part_at(node[path[0]], path[1:]) if path else node


def put(node: Node, path: tuple[int, ...], part: Node) -> Node:
    """The expression with another part at a place."""
    if not path:
        return part
    index = path[0]
    return (*node[:index], put(node[index], path[1:], part), *node[index + 1 :])


def rewritten(node: Node, rng: random.Random, steps: int) -> Node:
    """The same function, written otherwise by a few identities."""
    for _ in range(steps):
        spots = list(places(node))
        rng.shuffle(spots)
        rule = rng.choice(IDENTITIES)
        for path in spots:
            if (part := rule(part_at(node, path), rng)) is not None:
                node = put(node, path, part)
                break
    return node


def changed(node: Node, rng: random.Random) -> Node:
    """Another function: one part of it is another one."""
    path = rng.choice(list(places(node)))
    part = part_at(node, path)
    kind = part[0]
    if kind == "num":
        other: Node = num(part[1] + rng.choice((-2, -1, 1, 2, Fraction(1, 2))))
    elif kind == "var":
        other = rng.choice((num(rng.randrange(2, 9)), ("var", rng.choice(LETTERS)), ("pow", part, 2)))
    elif kind == "div":
        other = ("div", part[2], part[1])
    elif kind in ("pow", "root"):
        other = (kind, part[1], part[2] + 1)
    elif kind == "add":
        other = ("add", *part[1:-1], ("mul", num(-1), part[-1]))
    elif kind == "mul":
        other = rng.choice((("add", *part[1:]), part[-1]))
    else:
        other = (rng.choice([name for name in ("sin", "cos", "tan", "exp", "ln") if name != kind]), part[1])
    return put(node, path, other)
