"""Units behind expressions that are no bare numbers: ``2\\sqrt{3} cm``, ``16\\pi square units``."""

from __future__ import annotations

import re

from limbeck.answers.normal import quantity
from limbeck.answers.units import unit

_RADIANS = re.compile(r"\s*rad(?:ian)?s?\b")
_ANGLE = re.compile(r"\\(?:pi|sin|cos|tan|cot|sec|csc)")
_MEASURED = re.compile(
    r"(.*(?:[})\]]|\\pi|\^ ?\d|[})\]i][\d.]+))\s*(?<![\\A-Za-z])([A-Za-z]+[A-Za-z ./^\d]*)", re.S
)
_NO_UNIT = re.compile(r"(?:(?:square|cubic|sq\.?|cu\.?) )?units?(?: ?\^ ?[23]| squared| cubed)?|rad|radians?")


def same_measure(gold: str, answer: str) -> tuple[str, str]:
    r"""Without a unit that only one side names: 60 degrees is 60, ``2\sqrt{3} cm`` is ``2\sqrt{3}``."""
    if ("degrees" in gold) != ("degrees" in answer) and not _ANGLE.search(gold + answer):
        gold, answer = gold.replace("degrees", ""), answer.replace("degrees", "")
    if any("degrees" in text for text in (gold, answer)) and _RADIANS.search(gold + answer):
        return _RADIANS.sub("", gold), _RADIANS.sub("", answer)
    left, right = _measured(gold), _measured(answer)
    if left and right:
        return (left[0], right[0]) if left[1] == right[1] or not (left[1] and right[1]) else (gold, answer)
    if left and not quantity(answer):
        gold = left[0]
    if right and not quantity(gold):
        answer = right[0]
    # 113.1 cm^3 against 36 \\pi
    for text, other in ((gold, answer), (answer, gold)):
        number = quantity(text)
        if number and unit(number.unit) and not quantity(other) and "\\" in other:
            bare = re.sub(r"\s*[A-Za-z].*", "", text)
            gold, answer = (bare, answer) if text == gold else (gold, bare)
    return gold, answer


def _measured(text: str) -> tuple[str, str] | None:
    """An expression that is no bare number and the unit behind it, empty for units of no kind."""
    match = _MEASURED.fullmatch(text)
    if match is None:
        return None
    name = match[2].strip(" .")
    if _NO_UNIT.fullmatch(name):
        return match[1].strip(), ""
    return (match[1].strip(), name) if len(name) > 1 and unit(name) else None
