"""What a parameter's annotation asks a recipe for: a plain value, a file, another room's method, a stage."""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, reduce
from types import GenericAlias
from typing import Any, Literal

from limbeck.pipeline.artefacts import GIVEN, MODEL
from limbeck.pipeline.rooms import ROOM_OF

FILES = ("InputFile", "Path")
"""Paths of the user's: their content is part of a stage's key. A `Path` arrives as one."""
REFERENCES = (MODEL, *GIVEN)
KINDS = (*ROOM_OF, *REFERENCES, *FILES, "Context")

_PLAIN: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "Any": Any,
}
_LISTS = ("list", "List", "Sequence", "Iterable", "Collection")
_MAPPINGS = ("dict", "Dict", "Mapping")
_TUPLES = ("tuple", "Tuple")
_PLAIN |= dict.fromkeys(_LISTS, list) | dict.fromkeys(_MAPPINGS, dict) | dict.fromkeys(_TUPLES, tuple)

ALLOWED = (
    "str, int, float, bool, Literal[…], Path; list, Sequence, Iterable, tuple and dict of them; "
    f"{', '.join(sorted({*ROOM_OF, *REFERENCES}))}, one or a list; InputFile, Context; X | None; names that "
    "the file sets to one of these"
)


@dataclass(frozen=True)
class Wanted:
    """What an annotation asks for.

    Attributes:
        kind: the annotation of a method, a stage, a file or the context; empty for a plain value.
        plain: the type that a plain value or a path is converted to.
        many: whether a list of them.
        optional: whether None will do.
    """

    kind: str = ""
    plain: Any = None
    many: bool = False
    optional: bool = False


def known(name: str) -> bool:
    """Whether a name means something in an annotation by itself."""
    return name in KINDS or name in _PLAIN or name in ("Literal", "Optional", "Union", "Annotated")


def normalised(node: ast.expr, names: Mapping[str, ast.expr]) -> str:
    """An annotation's text in one spelling: ``pathlib.Path`` as ``Path``, ``Optional[int]`` as
    ``int | None``, what the file has a name for as what the name stands for."""
    if isinstance(node, ast.Name) and node.id not in names:  # nearly all are; listing reads a thousand
        return node.id
    return ast.unparse(_Spelling(names).visit(node))


class _Spelling(ast.NodeVisitor):
    """Makes new nodes where it changes something: a copy of each annotation would take longer than all else
    of a listing."""

    def __init__(self, names: Mapping[str, ast.expr]) -> None:
        self.names = names

    def spelt(self, node: ast.expr) -> ast.expr:
        """An expression in one spelling; `visit` itself does not say that expressions stay expressions."""
        changed: ast.expr = self.visit(node)
        return changed

    def visit_Name(self, node: ast.Name) -> ast.expr:
        meant = self.names.get(node.id)
        if not isinstance(meant, ast.Name | ast.Attribute | ast.Subscript | ast.BinOp | ast.Constant):
            return node
        others = {name: each for name, each in self.names.items() if name != node.id}
        return _Spelling(others).spelt(meant)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        return ast.BinOp(self.spelt(node.left), node.op, self.spelt(node.right))

    def visit_Tuple(self, node: ast.Tuple) -> ast.expr:
        return ast.Tuple([self.spelt(each) for each in node.elts])

    def visit_List(self, node: ast.List) -> ast.expr:
        return ast.List([self.spelt(each) for each in node.elts])

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return ast.Name(node.attr)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if not isinstance(node.value, str):
            return node
        try:
            return self.spelt(ast.parse(node.value, mode="eval").body)
        except SyntaxError:
            return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        base = self.visit(node.value)
        called = base.id if isinstance(base, ast.Name) else ""
        if called == "Literal":  # what stands inside are values
            return ast.Subscript(base, node.slice)
        inside = self.visit(node.slice)
        members = inside.elts if isinstance(inside, ast.Tuple) else [inside]
        if called == "Annotated":
            return members[0]
        if called == "Optional":
            members = [inside, ast.Constant(None)]
        if called in ("Optional", "Union"):
            return reduce(lambda left, right: ast.BinOp(left, ast.BitOr(), right), members)
        return ast.Subscript(base, inside)


@cache
def wanted(annotation: str) -> Wanted:
    """Read an annotation, as `normalised` spells it.

    Raises:
        ValueError: it is none of those in `ALLOWED`, with the piece that is not.
    """
    try:
        return _wanted(ast.parse(annotation, mode="eval").body)
    except SyntaxError:
        raise ValueError(annotation) from None


def _wanted(node: ast.expr) -> Wanted:
    if isinstance(node, ast.Constant) and node.value is None:
        return Wanted(plain=None, optional=True)
    if isinstance(node, ast.Name) and node.id in KINDS:
        return Wanted(node.id, str if node.id in FILES else None)
    if isinstance(node, ast.Name) and node.id in _PLAIN:
        return Wanted(plain=_PLAIN[node.id])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either(_members(node), node)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        return _filled(node.value.id, node)
    raise ValueError(ast.unparse(node))


def _members(node: ast.expr) -> list[ast.expr]:
    """``a | b | c``, one by one."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return [*_members(node.left), *_members(node.right)]
    return [node]


def _either(members: list[ast.expr], node: ast.expr) -> Wanted:
    read = [_wanted(each) for each in members]
    meant = [each for each in read if each != Wanted(optional=True)]
    optional = len(meant) < len(read)
    if len(meant) == 1:
        kind_or_none = meant[0].plain | None if meant[0].plain and optional else meant[0].plain
        return replace(meant[0], plain=kind_or_none, optional=optional)
    if not meant or any(each.kind for each in meant):
        raise ValueError(ast.unparse(node))
    return Wanted(plain=reduce(operator.or_, (each.plain for each in read)), optional=optional)


def _filled(outer: str, node: ast.Subscript) -> Wanted:
    """``list[int]``, ``tuple[Verifier, ...]``, ``dict[str, float]``, ``Literal["a", "b"]``."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if outer == "Literal":
        values = [part.value for part in parts if isinstance(part, ast.Constant)]
        if len(values) == len(parts):
            return Wanted(plain=Literal[tuple(values)])
    endless = len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is ...
    if (outer in _LISTS and len(parts) == 1) or (outer in _TUPLES and endless):
        inner = _wanted(parts[0])
        if inner.many or (inner.kind and inner.optional) or inner.kind == "Context":
            raise ValueError(ast.unparse(node))
        if inner.kind and inner.kind not in FILES:
            return Wanted(inner.kind, many=True)
        listed = (
            GenericAlias(list, inner.plain) if outer in _LISTS else GenericAlias(tuple, (inner.plain, ...))
        )
        return Wanted(inner.kind, listed, many=True)
    inside = [_wanted(part) for part in parts]
    if not any(each.kind for each in inside):
        types = tuple(each.plain for each in inside)
        if outer in _TUPLES:
            return Wanted(plain=GenericAlias(tuple, types), many=True)
        if outer in _MAPPINGS and len(types) == 2:
            return Wanted(plain=GenericAlias(dict, types))
    raise ValueError(ast.unparse(node))
