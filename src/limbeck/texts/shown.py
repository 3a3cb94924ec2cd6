"""A question with passages before it, and the question alone."""

from __future__ import annotations

from typing import Any

from limbeck.errors import LimbeckError
from limbeck.records import Problem


def asked(problem: Problem) -> str:
    """The question without what `knowledge/shown` set before it."""
    alone = problem.meta.get("asked")
    return alone if isinstance(alone, str) else problem.question


def passages_of(problem: Problem) -> list[dict[str, Any]]:
    """What was looked up for a problem, the best first.

    Raises:
        LimbeckError: ``meta["passages"]`` holds something else.
    """
    listed = problem.meta.get("passages") or []
    if not isinstance(listed, list) or not all(isinstance(each, dict) and "text" in each for each in listed):
        raise LimbeckError(
            f"problem {problem.id}: meta['passages'] is a list of {{text, …}}, not {listed!r:.80}"
        )
    return listed
