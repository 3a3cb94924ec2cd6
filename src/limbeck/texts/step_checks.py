"""What a step's numbers tell of it: where they come from, whether they hold, what they are for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from msgspec import Struct

Check = Literal["grounded", "valid", "coherent", "useful"]
CHECKS: tuple[Check, ...] = ("grounded", "valid", "coherent", "useful")
"""Four criteria of steps (arXiv 2502.12289, section 2): operands are told or computed, computed rightly,
computed before they are used, and used for something."""
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w]|\.\d)")


class Numbers(Struct, frozen=True):
    """What a step computes with and arrives at, and whether that holds (None: it computes nothing)."""

    operands: tuple[str, ...]
    results: tuple[str, ...]
    holds: bool | None = None


def numbers_in(text: str) -> set[str]:
    """All numbers of a text, as they are written, without what sets thousands apart."""
    return set(NUMBER.findall(re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)))


@lru_cache(maxsize=65536)
def read(step: str) -> Numbers:
    """The numbers of a step. Without an equation, all that it states are both: taken over and arrived at."""
    from limbeck.answers.equations import equations

    known = list(equations(step))
    if not known:
        told = tuple(NUMBER.findall(step))
        return Numbers(told, told)
    # The sign of a difference belongs to no number: `24-14` has 24 and 14.
    operands = tuple(re.findall(r"\d+(?:\.\d+)?", " ".join(each.left for each in known)))
    results = tuple(number for each in known for number in NUMBER.findall(each.right)[-1:])
    return Numbers(operands, results, all(each.holds is not False for each in known))


def faults(check: Check, question: str, steps: Sequence[str], answer: str) -> list[bool]:
    """Which steps a criterion has something against.

    * ``grounded``: an operand stands neither in the question nor among the results of the other steps;
    * ``valid``: an equation does not hold;
    * ``coherent``: an operand that the question does not tell is the result of later steps alone;
    * ``useful``: no result is an operand of another step, or stands in the answer.
    """
    told, wanted = numbers_in(question), numbers_in(answer)
    known = [read(step) for step in steps]
    made = [set(each.results) if each.holds is not None else set() for each in known]
    marks = []
    for at, step in enumerate(known):
        before, behind = set().union(*made[:at]), set().union(*made[at + 1 :])
        foreign = [number for number in step.operands if number not in told and number not in before]
        if check == "valid":
            marks.append(step.holds is False)
        elif check == "grounded":
            marks.append(any(number not in behind for number in foreign))
        elif check == "coherent":
            marks.append(any(number in behind for number in foreign))
        else:
            others = [each.operands for number, each in enumerate(known) if number != at]
            used = wanted.union(*others)
            marks.append(bool(step.results) and used.isdisjoint(step.results))
    return marks
