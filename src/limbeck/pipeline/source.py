"""A method's file as text: which of its parts to read, what its names are set to and where they come from."""

from __future__ import annotations

import ast
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from limbeck.pipeline.annotations import known
from limbeck.pipeline.constants import assigned, value
from limbeck.pipeline.loading import PACKAGE


def head(text: str, name: str) -> ast.Module:
    """A file's syntax up to the docstring of its function ``name``; whole where that cannot be told apart.

    Most of a file's lines come later.

    Raises:
        SyntaxError: it is no Python.
    """
    start = f"\n{text}".find(f"\ndef {name}(")  # a pattern of each name takes longer to compile than to use
    opened = text.find('"""', start) if start >= 0 else -1
    closed = text.find('"""', opened + 3) if opened > 0 else -1
    if closed > 0:
        with suppress(SyntaxError):
            return ast.parse(text[: closed + 3])
    return ast.parse(text)


def summary_in(path: Path, room: str) -> str:
    """The first sentence of a method's docstring, searched in its file's text without reading its syntax;
    empty where the file holds no method."""
    text = path.read_text(encoding="utf-8")
    if room == "formats":
        start = 0 if "\ndef parse(" in text and "\ndef render(" in text else -1
    else:
        start = text.find(f"\ndef {path.stem}(")
    if start < 0:
        return ""
    opened = text.index('"""', start) + 3
    return " ".join(text[opened : text.index('"""', opened)].split("\n\n")[0].split())


@cache
def stated(path: Path) -> dict[str, Any]:
    """Module-level names that a file defines itself: constants by value, functions by their definition."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = assigned(tree)
    functions = {node.name: _a_function for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {name: value(node, constants) for name, node in constants.items()} | functions


def _a_function() -> None:
    """Stands for a function that was not loaded."""


def public_functions(path: Path) -> list[str]:
    """Names of a file's functions that are not private; none where it cannot be read."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return []
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [name for name in functions if not name.startswith("_")]


def home(name: str, tree: ast.Module, path: Path) -> Path | None:
    """The file that defines a class: this one, or the one of the package or beside it that it is imported
    from."""
    if any(isinstance(node, ast.ClassDef) and node.name == name for node in tree.body):
        return path
    blocks = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.If))]
    for node in (node for block in blocks for node in block):
        if isinstance(node, ast.ImportFrom) and any(alias.name == name for alias in node.names):
            parts = (node.module or "").split(".")
            if parts[0] == "limbeck":
                return PACKAGE.joinpath(*parts[1:]).with_suffix(".py")
            return path.parent.joinpath(*parts).with_suffix(".py") if node.level <= 1 else None
    return None


def imported(tree: ast.Module, path: Path, *nodes: ast.expr | None) -> dict[str, ast.expr]:
    """What the names in these expressions are set to in the files of the house, or beside this one, that they
    are imported from."""
    meant: dict[str, ast.expr] = {}
    for node in (inner for each in nodes if each is not None for inner in ast.walk(each)):
        if isinstance(node, ast.Name) and not known(node.id) and (file := home(node.id, tree, path)):
            meant |= assigned_in(file)
    return meant


@cache
def assigned_in(path: Path) -> dict[str, ast.expr]:
    return assigned(ast.parse(path.read_text(encoding="utf-8"))) if path.is_file() else {}
