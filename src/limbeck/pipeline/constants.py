"""Constant expressions in source text as their values: what a default is, without importing its file."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LARGEST = 4096
"""Bits of a whole number, entries of a text or list: ``9**9**9`` is not worked out to describe a method."""

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Not: operator.not_,
}
_SEQUENCES: dict[type[ast.expr], Callable[[Any], Any]] = {ast.Tuple: tuple, ast.List: list, ast.Set: set}
_MATH = {"inf": math.inf, "nan": math.nan, "pi": math.pi, "e": math.e, "tau": math.tau}


@dataclass(frozen=True)
class Unread:
    """An expression whose value only running it could tell."""

    text: str

    def __repr__(self) -> str:
        return self.text


def assigned(tree: ast.Module) -> dict[str, ast.expr]:
    """What a file's module-level names are set to: a default may be one of them, an annotation too."""
    values: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            values |= {target.id: node.value for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            values[node.target.id] = node.value
        elif type(node).__name__ == "TypeAlias":  # ``type Rate = float``, from Python 3.12 on
            values[node.name.id] = node.value  # type: ignore[attr-defined]
    return values


def value(node: ast.expr | None, names: dict[str, ast.expr] | None = None) -> Any:
    """The value of a constant expression; an `Unread` for any other, None for none.

    Args:
        names: what the file's own names are set to.
    """
    if node is None:
        return None
    try:
        return _value(node, names or {})
    except (ValueError, TypeError, ArithmeticError, RecursionError):
        return Unread(ast.unparse(node))


def _value(node: ast.expr, names: dict[str, ast.expr]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name) and node.id in names:
        # Without the name itself, so that ``N = N + 1`` ends.
        return _value(names[node.id], {name: each for name, each in names.items() if name != node.id})
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "math":
        return _named(node.attr, _MATH)
    if isinstance(node, ast.UnaryOp):
        return _UNARY[type(node.op)](_value(node.operand, names))
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _small(node.op, _value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return _SEQUENCES[type(node)](_value(each, names) for each in node.elts)
    if isinstance(node, ast.Dict):
        pairs = [(key, each) for key, each in zip(node.keys, node.values, strict=True) if key is not None]
        if len(pairs) < len(node.keys):
            raise ValueError("a mapping unpacked into another")
        return {_value(key, names): _value(each, names) for key, each in pairs}
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _called(node.func.id, [_value(each, names) for each in node.args])
    raise ValueError("no constant")


def _named(name: str, known: dict[str, float]) -> float:
    if name not in known:
        raise ValueError(f"math.{name} is no constant")
    return known[name]


def _called(name: str, given: list[Any]) -> Any:
    """``float("inf")``; ``Path("x")`` is its text, as a recipe would write it."""
    if name == "float" and len(given) == 1:
        return float(given[0])
    if name == "Path" and len(given) == 1 and isinstance(given[0], str):
        return given[0]
    raise ValueError(f"{name}() is called")


def _small(op: ast.operator, left: Any, right: Any) -> Any:
    """The two combined, where the outcome is of a size that somebody would write."""
    if isinstance(op, ast.Pow | ast.LShift) and isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length() * right if isinstance(op, ast.Pow) else left.bit_length() + right
        if bits > LARGEST:
            raise ValueError("too large")
    if isinstance(op, ast.Mult):
        for many, times in ((left, right), (right, left)):
            if (
                isinstance(many, str | list | tuple)
                and isinstance(times, int)
                and len(many) * times > LARGEST
            ):
                raise ValueError("too long")
    return _BINARY[type(op)](left, right)
