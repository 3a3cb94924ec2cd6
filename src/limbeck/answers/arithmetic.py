"""Reads arithmetic without evaluating code: whole numbers, ``+ - * /`` and brackets, exact."""

from __future__ import annotations

import re
from fractions import Fraction

_LONGEST = 100
_TOKEN = re.compile(r"\s*(\d+|[-+*/()])")


def evaluate(text: str) -> tuple[Fraction, list[int]]:
    """The value of an expression, and the numbers written in it, in order.

    Raises:
        ValueError: it is no such expression, divides by zero, or is longer than 100 characters.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"longer than {_LONGEST} characters")
    tokens, end = [], 0
    while match := _TOKEN.match(text, end):
        tokens.append(match[1])
        end = match.end()
    if text[end:].strip():
        raise ValueError(f"{text[end:].strip()[0]!r} is not arithmetic")
    tokens.reverse()
    numbers: list[int] = []
    value = _sum(tokens, numbers)
    if tokens:
        raise ValueError(f"{tokens[-1]!r} is out of place")
    return value, numbers


def _sum(rest: list[str], numbers: list[int]) -> Fraction:
    value = _product(rest, numbers)
    while rest and rest[-1] in "+-":
        sign = rest.pop()
        right = _product(rest, numbers)
        value = value + right if sign == "+" else value - right
    return value


def _product(rest: list[str], numbers: list[int]) -> Fraction:
    value = _atom(rest, numbers)
    while rest and rest[-1] in "*/":
        sign = rest.pop()
        right = _atom(rest, numbers)
        if sign == "/" and not right:
            raise ValueError("division by zero")
        value = value * right if sign == "*" else value / right
    return value


def _atom(rest: list[str], numbers: list[int]) -> Fraction:
    token = rest.pop() if rest else "the end"
    if token == "(":
        value = _sum(rest, numbers)
        if not rest or rest.pop() != ")":
            raise ValueError("a bracket is not closed")
        return value
    if not token.isdigit():
        raise ValueError(f"{token!r} is out of place")
    numbers.append(int(token))
    return Fraction(int(token))
