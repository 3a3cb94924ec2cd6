"""Running totals (`problems/totals`): worked out, written down, looked through for the first false step."""

from __future__ import annotations

import re

Step = tuple[int, str, int, int]
"""``left sign right = total``."""
CHAIN = re.compile(r"\d+(?:[+-]\d+)+")
_LINE = re.compile(r"(\d+)([+-])(\d+)=(-?\d+)")


def worked(question: str) -> list[Step]:
    """Each step of a chain such as ``7+5-4``."""
    numbers = question.replace("+", " +").replace("-", " -").split()
    left, steps = int(numbers[0]), []
    for term in numbers[1:]:
        total = left + int(term)
        steps.append((left, term[0], int(term[1:]), total))
        left = total
    return steps


def written(steps: list[Step], answer: int | None = None) -> str:
    """Steps as a trace's text, a line each, then ``;`` and the answer: the last total where none is given.

    A line each, for equations are read line by line (`limbeck.answers.equations`).
    """
    lines = "".join(f"{left}{sign}{right}={total}\n" for left, sign, right, total in steps)
    return f"{lines};{steps[-1][-1] if answer is None else answer}"


def first_false(question: str, text: str) -> int | None:
    """The first step of a text that is not the question's, counted from 0; None where all of them are there
    and the answer is the last total.

    Lines that are no equation are passed over; so are checks, which begin with ``?``.
    """
    shown = [match for line in text.splitlines() if (match := _LINE.fullmatch(line.strip()))]
    right = worked(question)
    for number, (left, sign, term, total) in enumerate(right):
        if number >= len(shown) or shown[number].groups() != (str(left), sign, str(term), str(total)):
            return number
    answer = text.rpartition(";")[2].strip()
    return None if len(shown) == len(right) and answer == str(right[-1][-1]) else len(right)
