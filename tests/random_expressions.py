"""Random expressions with their value as a function, rewritten by identities or changed; tests and benchmarks
use them.

Every expression knows its LaTeX and, independently of the package, what it is worth at a point.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

Point = dict[str, float]
LETTERS = "abxyt"
POINTS = [
    {name: 0.4 + 0.37 * place + 0.61 * trial for place, name in enumerate(LETTERS)} for trial in range(5)
]


@dataclass(frozen=True)
class Term:
    """``tight`` says that the LaTeX stays one factor wherever it is put."""

    latex: str
    worth: Callable[[Point], float]
    tight: bool = False

    @property
    def factor(self) -> str:
        return self.latex if self.tight else rf"\left({self.latex}\right)"

    def __add__(self, other: Term) -> Term:
        right = other.factor if other.latex.startswith("-") else other.latex
        return Term(f"{self.latex} + {right}", lambda p: self.worth(p) + other.worth(p))

    def __sub__(self, other: Term) -> Term:
        return Term(f"{self.latex} - {other.factor}", lambda p: self.worth(p) - other.worth(p))

    def __mul__(self, other: Term) -> Term:
        return Term(rf"{self.factor} \cdot {other.factor}", lambda p: self.worth(p) * other.worth(p))

    def __truediv__(self, other: Term) -> Term:
        latex = rf"\frac{{{self.latex}}}{{{other.latex}}}"
        return Term(latex, lambda p: self.worth(p) / other.worth(p), True)

    def __pow__(self, power: int) -> Term:
        return Term(f"{self.factor}^{{{power}}}", lambda p: self.worth(p) ** power)


def whole(value: int) -> Term:
    return Term(str(value), lambda p: value, value >= 0)


def letter(name: str) -> Term:
    return Term(name, lambda p: p[name], True)


def root(inside: Term, degree: int = 2) -> Term:
    sign = "" if degree == 2 else f"[{degree}]"
    return Term(rf"\sqrt{sign}{{{inside.latex}}}", lambda p: inside.worth(p) ** (1 / degree), True)


def function(name: str, inside: Term) -> Term:
    python = {"ln": math.log, "exp": math.exp}.get(name) or getattr(math, name)
    latex = f"e^{{{inside.latex}}}" if name == "exp" else rf"\{name}\left({inside.latex}\right)"
    return Term(latex, lambda p: python(inside.worth(p)), name != "exp")


def logarithm(base: int, inside: Term) -> Term:
    latex = rf"\log_{{{base}}}\left({inside.latex}\right)"
    return Term(latex, lambda p: math.log(inside.worth(p)) / math.log(base), True)


def positive(rng: random.Random) -> Term:
    """A letter, a number, or a sum of both: positive at all `POINTS`."""
    name, number = letter(rng.choice(LETTERS)), whole(rng.randrange(2, 9))
    return rng.choice([name, name, number, number * name, name + number, name * letter(rng.choice(LETTERS))])


Pair = tuple[Term, Term]
Identity = Callable[[random.Random, Term, Term, int, int], Pair]
IDENTITIES: dict[str, Identity] = {
    "reordered": lambda rng, u, v, m, n: (u + whole(m) * v, whole(m) * v + u),
    "expanded": lambda rng, u, v, m, n: ((u + v) * (u - v), u**2 - v**2),
    "square": lambda rng, u, v, m, n: ((u + v) ** 2, u**2 + whole(2) * u * v + v**2),
    "factored": lambda rng, u, v, m, n: (u * v + whole(m) * u, u * (v + whole(m))),
    "common denominator": lambda rng, u, v, m, n: (
        whole(m) / u + whole(n) / v,
        (whole(m) * v + whole(n) * u) / (u * v),
    ),
    "rationalised": lambda rng, u, v, m, n: (
        whole(1) / (root(u) + root(v)),
        (root(u) - root(v)) / (u - v),
    ),
    "root of a product": lambda rng, u, v, m, n: (root(u * v), root(u) * root(v)),
    "root of a quotient": lambda rng, u, v, m, n: (root(u / v), root(u * v) / v),
    "cube root": lambda rng, u, v, m, n: (root(u**3 * v, 3), u * root(v, 3)),
    "logarithm of a product": lambda rng, u, v, m, n: (
        function("ln", u * v),
        function("ln", u) + function("ln", v),
    ),
    "logarithm of a power": lambda rng, u, v, m, n: (function("ln", u**m), whole(m) * function("ln", u)),
    "change of base": lambda rng, u, v, m, n: (logarithm(m, u), function("ln", u) / function("ln", whole(m))),
    "product of powers": lambda rng, u, v, m, n: (
        function("exp", u) * function("exp", v),
        function("exp", u + v),
    ),
    "double angle": lambda rng, u, v, m, n: (
        function("sin", whole(2) * u),
        whole(2) * function("sin", u) * function("cos", u),
    ),
    "pythagoras": lambda rng, u, v, m, n: (function("sin", u) ** 2, whole(1) - function("cos", u) ** 2),
    "addition theorem": lambda rng, u, v, m, n: (
        function("cos", u + v),
        function("cos", u) * function("cos", v) - function("sin", u) * function("sin", v),
    ),
    "tangent": lambda rng, u, v, m, n: (function("tan", u), function("sin", u) / function("cos", u)),
    "cancelled": lambda rng, u, v, m, n: ((u**2 - v**2) / (u - v), u + v),
}


def equal_pair(rng: random.Random) -> tuple[str, Term, Term]:
    """The name of an identity and its two sides, both put into the same surroundings."""
    name = rng.choice(list(IDENTITIES))
    u, v = positive(rng), positive(rng)
    left, right = IDENTITIES[name](rng, u, v, rng.randrange(2, 8), rng.randrange(2, 8))
    for _ in range(rng.randrange(3)):
        more, put = positive(rng), rng.randrange(5)
        if put == 0:
            left, right = left + more, right + more
        elif put == 1:
            left, right = more - left, more - right
        elif put == 2:
            left, right = more * left, right * more
        elif put == 3:
            left, right = left / more, right / more
        else:
            left, right = left**2, right**2
    return (name, left, right) if rng.random() < 0.5 else (name, right, left)


def different_pair(rng: random.Random) -> tuple[str, Term, Term] | None:
    """Two sides of which one was changed, or None where they are equal at one of `POINTS` all the same."""
    name, left, right = equal_pair(rng)
    changed = rng.choice(
        [right + whole(rng.randrange(1, 4)), right * whole(rng.randrange(2, 4)), right - letter("x"),
         right / whole(2), right + letter("a") / whole(9)]
    )  # fmt: skip
    try:
        told = all(not math.isclose(left.worth(p), changed.worth(p), rel_tol=1e-6) for p in POINTS)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    return (name, left, changed) if told else None


def agree(left: Term, right: Term) -> bool:
    """Whether two sides are worth the same wherever both are defined: a check of the identities."""
    agreed = 0
    for point in POINTS:
        try:
            a, b = left.worth(point), right.worth(point)
        except (ZeroDivisionError, ValueError, OverflowError):
            continue
        if not math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6):
            return False
        agreed += 1
    return agreed > 0
