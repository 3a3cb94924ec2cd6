"""What is wrong with a question of `word_problems`, from its text alone: an oracle in exact arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

FRUITS = ("apples", "pears", "plums", "figs", "limes", "kiwis")
Row = tuple[dict[str, Fraction | int], Fraction]
"""Coefficients by fruit, and what they sum to."""
_N = r"(-?\d+(?:\.\d+)?)"
_FORMS: tuple[tuple[re.Pattern[str], Callable[..., Row]], ...] = (
    (re.compile(rf"There are {_N} (\w+)\."), lambda n, a: ({a: 1}, n)),
    (re.compile(rf"There are {_N} more (\w+) than (\w+)\."), lambda n, a, b: ({a: 1, b: -1}, n)),
    (re.compile(rf"There are {_N} fewer (\w+) than (\w+)\."), lambda n, a, b: ({a: 1, b: -1}, -n)),
    (
        re.compile(rf"There are {_N} times as many (\w+) as (\w+)\."),
        lambda n, a, b: ({a: 1, b: -n}, Fraction(0)),
    ),
    (re.compile(rf"There are {_N} (\w+) and (\w+) together\."), lambda n, a, b: ({a: 1, b: 1}, n)),
)
_ASKS = re.compile(r"How many (\w+) are there\?")
_ORDERS = re.compile(r"\b(?:Rewrite|Translate|The answer is)\b")
_WORDS = {
    *FRUITS,
    *[
        "There",
        "are",
        "more",
        "fewer",
        "times",
        "as",
        "many",
        "and",
        "together",
        "than",
        "How",
        "there",
        "In",
        "a",
        "basket",
        "lies",
        "fruit",
    ],
}


def faults(question: str) -> set[str]:
    """The stages of `limbeck.judging.question_stages` at which a question fails; empty for one in order.

    Orders and answers given away are ``task``; words nobody knows and stray signs ``language``; counts that
    are no whole numbers or negative ``condition``; conditions without a common solution in such counts
    ``contradiction``; a solution that leaves open what is asked ``sufficiency``.
    """
    kinds: set[str] = set()
    sentences = re.findall(r"[^.?!]+(?:\.(?=\d)[^.?!]+)*[.?!]", question)
    told = [sentence.strip() for sentence in sentences if not _ORDERS.search(sentence)]
    if len(told) < len(sentences):
        kinds.add("task")
    words = re.findall(r"[^\W\d_]+", " ".join(told))
    if any(word not in _WORDS for word in words) or re.search(r"[^\w\s.?!-]", " ".join(told)):
        kinds.add("language")
    rows, asked = conditions(told)
    # A condition says one number; one of less than nothing or of parts of a fruit is none.
    numbers = [number for sentence in told for number in _numbers(sentence)]
    if any(number.denominator > 1 or number < 0 for number in numbers):
        kinds.add("condition")
    if "condition" in kinds or "language" in kinds:
        return kinds
    solution = solve(rows)
    if solution is None or any(value < 0 or value.denominator > 1 for value in solution.values()):
        kinds.add("contradiction")
    elif asked not in solution:
        kinds.add("sufficiency")
    return kinds


def _numbers(sentence: str) -> list[Fraction]:
    matches = (pattern.fullmatch(sentence) for pattern, _ in _FORMS)
    return [Fraction(match[1]) for match in matches if match]


def conditions(sentences: Sequence[str]) -> tuple[list[Row], str]:
    """The equations that sentences state, and what the last question among them asks for."""
    rows: list[Row] = []
    asked = ""
    for sentence in sentences:
        if match := _ASKS.fullmatch(sentence):
            asked = match[1]
        for pattern, build in _FORMS:
            if match := pattern.fullmatch(sentence):
                number, *names = match.groups()
                rows.append(build(Fraction(number), *names))
    return rows, asked


def solve(rows: Sequence[Row]) -> dict[str, Fraction] | None:
    """The unknowns that linear equations determine, by elimination; None where they contradict."""
    names = sorted({name for row, _ in rows for name in row})
    matrix = [[*(Fraction(row.get(name, 0)) for name in names), Fraction(total)] for row, total in rows]
    pivots: list[int] = []
    for column in range(len(names)):
        top = len(pivots)
        at = next((place for place in range(top, len(matrix)) if matrix[place][column]), None)
        if at is None:
            continue
        matrix[top], matrix[at] = matrix[at], matrix[top]
        lead = matrix[top][column]
        matrix[top] = [value / lead for value in matrix[top]]
        for place, row in enumerate(matrix):
            if place != top and row[column]:
                factor, pairs = row[column], zip(row, matrix[top], strict=True)
                matrix[place] = [value - factor * other for value, other in pairs]
        pivots.append(column)
    if any(row[-1] for row in matrix[len(pivots) :]):
        return None
    # A pivot whose row leans on no free unknown has one value.
    values = {}
    for column, row in zip(pivots, matrix, strict=False):
        if not any(row[other] for other in range(len(names)) if other != column):
            values[names[column]] = row[-1]
    return values
