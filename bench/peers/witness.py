"""The mathematics of a pair, which knows neither verifier: both sides in exact or 50-digit arithmetic.

A witness is ``LEFT ≡ RIGHT`` (equal wherever both sides are real), ``LEFT ≠ RIGHT`` (they differ somewhere)
or ``LEFT ≈ RIGHT`` (within 6%, as rounding is). A side is a Python expression: numbers are exact fractions,
free names are letters, which are sampled, ``{…}`` is a set, ``(…)`` a tuple, ``[… for k in Z]`` a family (a
set within a window), a comparison is the region where it holds.
"""

from __future__ import annotations

import ast
import math
import operator
import random
import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

import mpmath
from mpmath import mp

mp.dps = 50
POINTS = 120
LEAST = 3
"""Of the sampled points, how many must lie in both domains for letters to prove anything."""
ROUNDING = mpmath.mpf(6) / 100
WINDOW = 25
_MP = (mpmath.mpf, mpmath.mpc, type(mp.pi))
_SIDES = re.compile(r"(.+?)\s*([≡≠≈])\s*(.+)", re.S)


class Outside(Exception):
    """The point is outside the real domain of a side."""


def _real(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*values: Any) -> Any:
        value = function(*[mpmath.mpmathify(each) for each in values])
        if isinstance(value, mpmath.mpc) and not any(isinstance(each, mpmath.mpc) for each in values):
            raise Outside
        return value

    return wrapped


def power(base: Any, exponent: Any) -> Any:
    """Real power; exact for whole exponents and for roots that come out."""
    if isinstance(exponent, int | Fraction) and Fraction(exponent).denominator == 1:
        return base ** int(exponent)
    if isinstance(base, mpmath.mpc):
        return mpmath.power(base, exponent)
    if base < 0 or (base == 0 and exponent < 0):
        raise Outside
    return mpmath.power(base, exponent)


def root(value: Any, degree: Any = Fraction(2)) -> Any:
    """Real root: of a negative number for odd degrees only."""
    if isinstance(value, mpmath.mpc):
        return mpmath.root(value, int(degree))
    if value < 0:
        if degree % 2 == 0:
            raise Outside
        return -root(-value, degree)
    if isinstance(value, Fraction):
        parts = [round(mpmath.root(part, int(degree))) for part in (value.numerator, value.denominator)]
        exact = Fraction(*parts)
        if exact ** int(degree) == value:
            return exact
    return mpmath.root(value, int(degree))


def log(value: Any, base: Any = None) -> Any:
    """Real logarithm, natural without a base."""
    if value <= 0 or (base is not None and base <= 0):
        raise Outside
    return mpmath.log(value) if base is None else mpmath.log(value) / mpmath.log(base)


def _whole(function: Callable[..., int]) -> Callable[..., Fraction]:
    return lambda *values: Fraction(function(*[int(each) for each in values]))


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Fractions beside mpmath's numbers become such numbers: neither library knows the other's."""
    if isinstance(left, _MP) != isinstance(right, _MP):
        return mpmath.mpmathify(left), mpmath.mpmathify(right)
    return left, right


def binary(name: str, left: Any, right: Any) -> Any:
    """Arithmetic of a Python operator's node."""
    if name == "Pow":
        return power(left, right)
    return _ARITHMETIC[name](*_alike(left, right))


def ordered(names: list[str], terms: list[Any]) -> bool:
    """A chain of comparisons."""
    for name, left, right in zip(names, terms, terms[1:], strict=False):
        if not _COMPARISONS[name](*(_alike(left, right) if name != "In" else (left, right))):
            return False
    return True


_ARITHMETIC = {"Add": operator.add, "Sub": operator.sub, "Mult": operator.mul, "Div": operator.truediv}
_ARITHMETIC |= {"Mod": operator.mod}
_COMPARISONS = {"Lt": operator.lt, "LtE": operator.le, "Gt": operator.gt, "GtE": operator.ge}
_COMPARISONS |= {"Eq": operator.eq, "NotEq": operator.ne, "In": lambda left, right: left in right}
NAMES: dict[str, Any] = {
    **{name: _real(getattr(mpmath, name)) for name in ("sin", "cos", "tan", "cot", "sec", "csc", "exp")},
    **{name: _real(getattr(mpmath, name)) for name in ("asin", "acos", "atan", "sinh", "cosh", "tanh")},
    **{name: _whole(getattr(math, name)) for name in ("factorial", "comb", "perm", "gcd", "lcm")},
    "double_factorial": _whole(lambda n: math.prod(range(n, 0, -2))),
    "sqrt": root, "root": root, "log": log, "power": power, "pi": mp.pi, "e": mp.e, "deg": mp.pi / 180,
    "abs": abs, "min": min, "max": max, "floor": math.floor, "ceil": math.ceil, "inf": mpmath.inf,
    "Z": range(-40, 41), "N": range(41), "range": lambda *ends: range(*[int(end) for end in ends]),
    "F": Fraction, "mpc": mpmath.mpc, "fs": frozenset, "sum": sum, "binary": binary, "ordered": ordered,
}  # fmt: skip


class _Exact(ast.NodeTransformer):
    """Numbers as fractions, and powers that stay real."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, complex):
            return ast.parse(f"mpc(0, {node.value.imag!r})", mode="eval").body
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return node
        return ast.parse(f"F('{node.value!r}')", mode="eval").body

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        name = ast.Constant(type(node.op).__name__)
        return ast.Call(ast.Name("binary", ast.Load()), [name, node.left, node.right], [])

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        names = ast.List([ast.Constant(type(each).__name__) for each in node.ops], ast.Load())
        terms = ast.List([node.left, *node.comparators], ast.Load())
        return ast.Call(ast.Name("ordered", ast.Load()), [names, terms], [])


@lru_cache(maxsize=4096)
def _compiled(text: str) -> tuple[Any, tuple[str, ...]]:
    tree = ast.parse(text.strip(), mode="eval")
    bound = {node.target.id for node in ast.walk(tree) if isinstance(node, ast.comprehension)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - bound - set(NAMES)
    return compile(ast.fix_missing_locations(_Exact().visit(tree)), text, "eval"), tuple(sorted(names))


def value(text: str, point: dict[str, Any]) -> Any:
    """A side at a point.

    Raises:
        Outside: where it is not real.
    """
    try:
        return eval(_compiled(text)[0], {**NAMES, **point})
    except (ZeroDivisionError, OverflowError) as error:
        raise Outside from error


def equal(left: Any, right: Any, near: bool = False) -> bool:
    """Whether two values are the same: exactly for fractions, else to 28 digits; ``near``: within 6%."""
    if isinstance(left, list) and isinstance(right, list):
        left, right = [{x for x in each if abs(x) < WINDOW} for each in (left, right)]
    if isinstance(left, set | frozenset) and isinstance(right, set | frozenset):
        return all(any(equal(x, y, near) for y in right) for x in left) and all(
            any(equal(x, y, near) for x in left) for y in right
        )
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(equal(x, y, near) for x, y in zip(left, right, strict=True))
    if any(isinstance(each, str | bool | tuple | set | frozenset | list) for each in (left, right)):
        return type(left) is type(right) and bool(left == right)
    left, right = _alike(left, right)
    if left == right:
        return True
    if mpmath.isinf(left) or mpmath.isinf(right):
        return False
    if near:
        return bool(
            mpmath.mpmathify(abs(left - right)) <= ROUNDING * mpmath.mpmathify(max(abs(left), abs(right)))
        )
    exact = isinstance(left, Fraction | int) and isinstance(right, Fraction | int)
    return not exact and bool(abs(left - right) <= mpmath.mpf(10) ** -28 * max(1, abs(left), abs(right)))


def _draw(rng: random.Random, trial: int, index: int) -> Fraction:
    """Each third draw goes through the small halves, where regions have their ends."""
    if trial % 3 == 0:
        stride = (1, 2, 4, 5, 7, 8, 10)[index % 7]
        return Fraction(trial // 3 * stride % 33 - 16, 2)
    return Fraction(rng.randrange(-700, 701), rng.choice((97, 101)))


def holds(witness: str) -> bool:
    """Whether a witness is true.

    Raises:
        ValueError: when it cannot be read, or too few points lie in both domains.
    """
    sides = _SIDES.fullmatch(witness)
    if not sides:
        raise ValueError(f"a witness is LEFT ≡ RIGHT, LEFT ≠ RIGHT or LEFT ≈ RIGHT, not {witness!r}")
    left, sign, right = sides.groups()
    names = sorted({*_compiled(left)[1], *_compiled(right)[1]})
    rng = random.Random(7)
    verdicts = []
    for trial in range(POINTS if names else 1):
        point = {name: _draw(rng, trial, index) for index, name in enumerate(names)}
        if trial % 3 == 1:
            point = {name: abs(each) for name, each in point.items()}
        try:
            verdicts.append(equal(value(left, point), value(right, point), near=sign == "≈"))
        except Outside:
            continue
    if len(verdicts) < (LEAST if names else 1):
        raise ValueError(f"only {len(verdicts)} points lie in both domains of {witness!r}")
    return not all(verdicts) if sign == "≠" else all(verdicts)
