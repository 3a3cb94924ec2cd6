"""What the small worlds share: different questions of one split, checked bounds, a solver's text as a
trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from limbeck.errors import LimbeckError, unknown
from limbeck.problems.worlds._chains import SPLITS, split_of
from limbeck.records import Outcome, Problem, Trace, Verdict
from limbeck.texts.questions import problem_id
from limbeck.texts.traces import split_text

Puzzle = TypeVar("Puzzle")
PATIENCE = 20_000
"""Draws without a new question before a world is said to hold no more."""


def check(low: int, high: int, **values: float) -> None:
    """Every value lies between ``low`` and ``high``, both allowed.

    Raises:
        LimbeckError: naming the first that does not.
    """
    for name, value in values.items():
        if not low <= value <= high:
            raise LimbeckError(f"{name}={value}: it must lie between {low} and {high}")


def check_bounds(low: int, high: int, least: int, most: int) -> None:
    """``low`` to ``high`` is a range within ``least`` to ``most``.

    Raises:
        LimbeckError: naming both.
    """
    if not least <= low <= high <= most:
        raise LimbeckError(
            f"low={low}, high={high}: they must lie between {least} and {most}, low at most high"
        )


def distinct(n: int, split: str, draw: Callable[[], tuple[str, Puzzle] | None]) -> dict[str, Puzzle]:
    """``n`` different questions of a split, each with the puzzle it asks about.

    A digest of the question decides where it belongs (`SPLITS`), so splits share none whatever their seeds.

    Args:
        draw: a question and its puzzle, at random; None for a puzzle that will not do.

    Raises:
        LimbeckError: an unknown split, or fewer than ``n`` questions; says how many were found.
    """
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    check(1, 10_000_000, n=n)
    puzzles: dict[str, Puzzle] = {}
    idle = 0
    while len(puzzles) < n:
        drawn = draw()
        idle += 1
        if drawn and drawn[0] not in puzzles and split_of(drawn[0]) == split:
            puzzles[drawn[0]] = drawn[1]
            idle = 0
        if idle > PATIENCE:
            raise LimbeckError(f"n={n}: split {split!r} of this world has about {len(puzzles)} questions")
    return puzzles


def ask(
    question: str, answer: str, source: str, split: str, meta: dict[str, Any], verifier: str = "exact"
) -> Problem:
    """A question as a record."""
    return Problem(
        id=problem_id(question),
        question=question,
        answer=answer,
        verifier=verifier,
        source=source,
        split=split,
        meta=meta,
    )


def told(
    problem: Problem,
    text: str,
    solver: str,
    *,
    number: int = 0,
    outcome: Outcome | None = None,
    params: Mapping[str, Any] | None = None,
    format: str = "lines",
) -> Trace:
    """A solver's text as a record; one token a character.

    Args:
        number: tells the traces of one problem apart.
        outcome: the verdict; where none is given, ``correct`` when the answer is the problem's, else
            ``wrong``.
    """
    reasoning, answer = split_text(text, format)
    outcome = outcome or ("correct" if answer == problem.answer else "wrong")
    return Trace(
        id=f"{problem.id}#{solver}-solver-{number}",
        problem_id=problem.id,
        reasoning=reasoning,
        answer=answer,
        format=format,
        model=f"{solver}-solver",
        params=dict(params or {}),
        finish="stop",
        tokens=len(text),
        verdicts=[Verdict(problem.verifier, outcome, answer, f"{answer} against {problem.answer}")],
    )
