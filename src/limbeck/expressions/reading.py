r"""Reads an expression of letters, numbers and functions into a tree.

A node is a tuple, its kind first: ``("num", value, unit of the last digit)``, ``("sym", name)``,
``("const", "pi")``, ``("+", …)``, ``("*", …)``, ``("/", a, b)``, ``("^", a, b)``, ``("root", a, n)``,
``("call", function, …)`` and ``("of", letter, …)`` for a function that has only a name. What can be read in
two ways (``1/2x``, ``\log x``) is read in the way that is asked for, and said. Reading is linear in the text.
"""

from __future__ import annotations

import re
from functools import lru_cache

from limbeck.expressions.parser import Parser
from limbeck.expressions.tokens import Reading, Unfit, Way

_PRIMES = re.compile(r"\^\s*\{?\s*(?:\\prime\s*)+\}?")
_LONGEST = 300


@lru_cache(maxsize=32768)
def read(text: str, way: Way = Way()) -> Reading | None:
    """A tidy text as a tree, or None where it is none."""
    if len(text) > _LONGEST:
        return None
    if "\\prime" in text:
        text = _PRIMES.sub(lambda marks: "'" * marks[0].count("prime"), text)
    try:
        parser = Parser(text, way)
        tree = parser.sum()
    except (Unfit, IndexError, RecursionError):
        return None
    if parser.rest:
        return None
    return Reading(tree, frozenset(parser.letters), frozenset(parser.ways))
