"""A chain of reasoning as it would be had each of its equations been worked out by a calculator."""

from __future__ import annotations

import re
from fractions import Fraction

from limbeck.answers.equations import Equation, equations

_COMPUTED = re.compile(r"[-+*/^×÷∗]|\\times|\\cdot|\\div|\\frac")


def calculated(text: str) -> tuple[str, int]:
    """The text with the result of every false equation replaced, and how many were.

    From left to right: where ``left = right`` does not hold and something is computed on the left, its value
    takes the right side's place, and from there on every number that equals what was written becomes that
    value, in later equations as in the answer. That is how chains of thought are scored with an external
    calculator (Cobbe et al., arXiv 2110.14168; Wei et al., arXiv 2201.11903, appendix B). A number that comes
    again for another reason is changed too: the text alone does not say which is which.

    Equations that cannot be read, or can be read in two ways, stay (`limbeck.answers.equations`).
    """
    mended, place = 0, 0
    while equation := _next_false(text, place):
        sign = text.index("=", equation.start) if "=" in text[equation.start : equation.end] else -1
        at = text.find(equation.right, sign + 1, equation.end) if sign >= 0 else -1
        if at < 0:
            place = equation.end
            continue
        value, end = _shown(equation.value), at + len(equation.right)
        text = text[:at] + value + _carried(text[end:], equation.right, value)
        place, mended = at, mended + 1
    return text, mended


def _next_false(text: str, place: int) -> Equation | None:
    """The first false equation whose sign stands behind a place."""
    for equation in equations(text):
        computes = _COMPUTED.search(equation.left.lstrip("-+ ")) and not _COMPUTED.search(equation.right[1:])
        if equation.holds is False and computes and text.find("=", equation.start, equation.end) >= place:
            return equation
    return None


def _carried(text: str, old: str, new: str) -> str:
    """The rest of a text with every number ``old`` as ``new``."""
    number = old.strip().lstrip("$").strip()
    if not re.fullmatch(r"-?\d[\d,]*(?:\.\d+)?", number):
        return text
    return re.sub(rf"(?<![\d.,]){re.escape(number)}(?![\d]|[.,]\d)", new, text)


def _shown(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.10g}"
