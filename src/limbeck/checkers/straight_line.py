"""Runs straight-line programs, ``a=3+4;b=a*2``, statement by statement, without evaluating code."""

from __future__ import annotations

import re
from typing import NamedTuple

_STATEMENT = re.compile(r"([a-z])=([a-z]|\d{1,6})([-+*])([a-z]|\d{1,6})")
_LARGEST = 10**12


class Run(NamedTuple):
    """What a program did.

    Attributes:
        states: after each statement, the sorted values of all variables: two programs that compute the same
            under other names, or in another order, meet in the same state.
        value: what the last statement assigned; None where none was run.
        error: why the run stopped early; empty where it did not.
    """

    states: list[tuple[int, ...]]
    value: int | None = None
    error: str = ""


def run(program: str) -> Run:
    """Run a program up to its end or to the first statement that cannot be."""
    variables: dict[str, int] = {}
    states: list[tuple[int, ...]] = []
    value: int | None = None
    for statement in program.strip().split(";"):
        match = _STATEMENT.fullmatch(statement.strip())
        if not match:
            return Run(states, value, f"{statement[:40]!r} is no statement")
        name, left, sign, right = match.groups()
        missing = [word for word in (left, right) if word.isalpha() and word not in variables]
        if missing:
            return Run(states, value, f"{missing[0]} has no value yet")
        x, y = (variables[word] if word.isalpha() else int(word) for word in (left, right))
        result = {"+": x + y, "-": x - y, "*": x * y}[sign]
        if abs(result) > _LARGEST:
            return Run(states, value, f"{name} grows too large")
        value = variables[name] = result
        states.append(tuple(sorted(variables.values())))
    return Run(states, value)
