"""What is taken for the answer to a problem whose references are known: all boxes against several parts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from limbeck.answers.boxes import part_alone, parts_boxed
from limbeck.answers.compare import reading
from limbeck.answers.endings import as_told
from limbeck.answers.extract import find_answer
from limbeck.answers.normal import tidy
from limbeck.answers.question import coordinates_asked
from limbeck.answers.rules import Unsure
from limbeck.answers.shape import shape

_POINT = re.compile(r"^[A-Z] ?(?=\()")
_SEVERAL = re.compile(r"[,;]|\b(?:and|or)\b|\\(?:pm|mp)|\(b\)|\\\\")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?")
_SIDE_BY_SIDE = re.compile(r"boxed\{[^{}]*\}\s*\\boxed")
_SHORT = 8


class Taken(NamedTuple):
    """An answer, and whether its parts may be fewer or more than those that the reference asks for."""

    answer: str | None
    open: bool = False


def taken(text: str, golds: tuple[str, ...], question: str, limit: int) -> Taken:
    """What a text gives for an answer.

    Args:
        text: what was said.
        golds: the references, extracted.
        question: what was asked.
        limit: the longest answer, in characters; of a longer one the last sentence is taken.
    """
    answer = find_answer(text)
    if answer is None or len(answer) > _SHORT:
        answer = as_told(text, answer, limit)
    if answer is None or not (boxes := text.count("boxed")):
        return Taken(answer)
    if boxes > 1:
        several = parts_boxed(text) if part_alone(question, golds[0], text) else None
        if several and all(_parts(gold) < _parts(several) for gold in golds):
            return Taken(answer, True)  # Part 1 and Part 2 against the answer to one of them
        if _SIDE_BY_SIDE.search(text) and answer.replace(", ", "") in golds:
            return Taken(answer, True)  # the digits of one number, a box each
    if any(_parts(gold) <= _parts(answer) for gold in golds):
        return Taken(answer)
    # Never the last box alone against a reference of several parts.
    if several := parts_boxed(text):
        return Taken(several, all(_parts(gold) != _parts(several) for gold in golds))
    return Taken(answer, part_alone(question, golds[0], text))


@lru_cache(maxsize=65536)
def _parts(text: str) -> int:
    """How many parts an answer has that may stand in boxes of their own."""
    if not _SEVERAL.search(text) or _THOUSANDS.fullmatch(text):
        return 1
    try:
        kind, parts = shape(reading(_POINT.sub("", tidy(text))))
    except Unsure:
        return 1
    return len(parts) if kind in ("list", "set", "()") else 1


def otherwise(text: str, answer: str, question: str) -> str:
    """What else an answer may be: 24 of ``The answer is 4!``, a point of ``[3,4]``; empty for most."""
    if answer[:1] == "[" and answer[-1:] == "]" and coordinates_asked(question):
        return f"({answer[1:-1]})"
    return f"{answer}!" if text.rstrip().endswith(f"{answer}!") else ""
