"""What docstrings say of a method's settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from limbeck.pipeline.loading import PACKAGE
from limbeck.pipeline.signature import Method


def of_settings(entry: Method) -> Iterator[str]:
    """Docstrings of the structs that a method takes its settings from."""
    for group in dict.fromkeys(parameter.group for parameter in entry.params.values() if parameter.group):
        home = PACKAGE.parent.joinpath(*group.module.split(".")).with_suffix(".py")
        tree = ast.parse((home if group.module else entry.path).read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name == group.name:
                yield ast.get_docstring(node) or ""


def described(entry: Method) -> dict[str, str]:
    """What a method's docstring, and those of its structs, say of each parameter, in one line each."""
    texts = {name: text for doc in of_settings(entry) for name, text in arguments(doc).items()}
    return texts | arguments(entry.doc)


def arguments(doc: str) -> dict[str, str]:
    """The section ``Args:`` of a docstring: what it says of each name."""
    section = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", doc, re.M | re.S)
    texts: dict[str, str] = {}
    name = ""
    for line in (section[1] if section else "").splitlines():
        if start := re.match(r"    (\w+): (.*)", line):
            name, texts[start[1]] = start[1], start[2].strip()
        elif name and line.strip():
            texts[name] += f" {line.strip()}"
    return texts
