"""Ranges that annotations declare, ``Annotated[float, Meta(ge=0, le=1)]``, read from source text and held
against values."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Iterator, Mapping
from typing import Any

from limbeck.pipeline.constants import value

WORDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
ENDLESS = 1e300
"""From here on a limit says no more than that a number is finite."""
Bounds = Mapping[str, float]
"""Limits by their names in `msgspec.Meta`: ``ge``, ``gt``, ``le``, ``lt``."""


def declared(node: ast.expr | None, names: Mapping[str, ast.expr]) -> Bounds:
    """The limits that an annotation sets, directly or by a name such as `limbeck.types.Share`; of a list or
    tuple they are its members'.

    Args:
        names: what names in it are set to.
    """
    for call in _calls(node, names) if node else ():
        return {word.arg: value(word.value) for word in call.keywords if word.arg in WORDS}
    return {}


def _calls(
    node: ast.expr, names: Mapping[str, ast.expr], met: frozenset[str] = frozenset()
) -> Iterator[ast.Call]:
    """Calls of ``Meta`` in an annotation; a name is looked up once, for it may be set to itself."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id in names and inner.id not in met:
            yield from _calls(names[inner.id], names, met | {inner.id})
        elif isinstance(inner, ast.Call):
            called = inner.func
            if getattr(called, "attr", getattr(called, "id", "")) == "Meta":
                yield inner


def text(bounds: Bounds) -> str:
    """``0 to 1``, ``above 0``, ``at least 0 and below 1``; empty where there are none."""
    if {"ge", "le"} == bounds.keys():
        ends = f"{bounds['ge']:g} to {bounds['le']:g}"
        return ends if bounds["le"] < ENDLESS else "finite"
    return " and ".join(f"{WORDS[name]} {limit:g}" for name, limit in bounds.items())


def hold(bounds: Bounds, given: Any) -> bool:
    """Whether a value, or each of several, is a finite number within them, and any number one that 64 bits
    hold; what is no number is not theirs to judge."""
    if isinstance(given, list | tuple):
        return all(hold(bounds, each) for each in given)
    if isinstance(given, bool) or not isinstance(given, int | float):
        return True
    fits = abs(given) < 2**63 if isinstance(given, int) else math.isfinite(given)
    if not bounds:
        return fits or given in (math.inf, -math.inf)
    return fits and all(getattr(operator, name)(given, limit) for name, limit in bounds.items())
