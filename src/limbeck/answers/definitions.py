"""What an answer defines, without the name it gives: ``x = 5``, ``f(t) = t^2``, ``A(3, 4)``."""

from __future__ import annotations

import re

from limbeck.answers.normal import squeeze
from limbeck.answers.rules import Unsure

_NAME = (
    r"(?:[A-Za-z]|[A-Z]{2,4}|m?\s*\\angle\s*[A-Z]{1,3}|\\(?:vec|overline|hat|bar)\s*\{?\s*\w+\s*\}?|\\[a-z]+)"
)
_DEFINES = re.compile(
    rf"({_NAME}(?:_([a-z])|_\w|_\{{\w+\}})?'*(?:\s*\^\{{?-1\}}?\s*)?(?:\((\w)\))?)\s*(?:=|\\in(?![a-z]))\s*([^=<>]+)"
)
_TOGETHER = re.compile(
    r"\(\s*(?:\\[a-z]+|[A-Za-z])(?:\s*,\s*(?:\\[a-z]+|[A-Za-z]))+\s*\)\s*=\s*(\(.*\))", re.S
)
_POINT = re.compile(r"[A-Z]'?\s*(?:=\s*)?(\([^()]*,[^()]*\))")
_CASES = re.compile(r"\\begin\{cases\}(.*?)\\end\{cases\}", re.S)
_DERIVATIVE = re.compile(r"\\frac\s*\{\s*d\s*([a-z])\s*\}\s*\{\s*d\s*[a-z]\s*\}")
_ARROW = re.compile(r"\\(?:long)?(?:right)?arrow(?![a-z])")


def respelled(text: str) -> str:
    """One spelling of arrows, derivatives and systems of equations."""
    if "\\begin{cases}" in text:
        rows = _CASES.sub(lambda system: ", ".join(system[1].replace("&", " ").split("\\\\")), text)
        text = rows.strip().rstrip(",").strip()
    text = _DERIVATIVE.sub(r"\1'", text) if "{d" in text else text
    return _ARROW.sub(r"\\to ", text) if "arrow" in text else text


def undefined(gold: str, answer: str) -> tuple[str, str]:
    """``x = 5`` against ``5``, or both with one left side, loses it, as do ``(x, y) = (1, 2)``, ``A(3, 4)``.

    ``f(t) = t^2`` is ``f(x) = x^2``, and what one side calls y the other may call f(x).
    """
    gold, answer = (match[1] if (match := _TOGETHER.fullmatch(text)) else text for text in (gold, answer))
    first, second = _POINT.fullmatch(gold), _POINT.fullmatch(answer)
    if (first or second) and (not (first and second) or gold[0] == answer[0]):
        gold, answer = first[1] if first else gold, second[1] if second else answer
    left, right = _DEFINES.fullmatch(gold), _DEFINES.fullmatch(answer)
    if left and right:
        names = {squeeze(left[1]), squeeze(right[1])}
        if len(names) == 1 or ("y" in names and (left[3] or right[3]) == "x"):
            return left[4], right[4]
        bound, other = left[3] or left[2], right[3] or right[2]
        alike = bound and other and left[1].replace(bound, other) == right[1]
        if alike and not re.search(rf"(?<![A-Za-z\\]){bound}(?![A-Za-z])", right[4]):
            return left[4], with_letter(right[4], other, bound)
        if left[1][:2].isupper() and right[1][:2].isupper() and squeeze(left[4]) == squeeze(right[4]):
            raise Unsure(f"{answer} and {gold} are the same value of something else")
        return gold, answer
    if left and not re.search(r"[=<>]|\\[lg]e", answer):
        gold = left[4]
    if right and not re.search(r"[=<>]|\\[lg]e", gold):
        answer = right[4]
    return gold, answer


def with_letter(text: str, old: str, new: str) -> str:
    return re.sub(rf"\\[A-Za-z]+|{re.escape(old)}", lambda part: new if part[0] == old else part[0], text)
