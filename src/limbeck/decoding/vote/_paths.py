"""Paths of a question and what they vote for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from limbeck.answers.ballots import ballot
from limbeck.generation import Completion
from limbeck.types import Format


def vote_of(path: Completion, form: Format, equal: str) -> Hashable | None:
    """What a path votes for: its answer by ``value`` or as ``text``; None where it was cut off, failed or
    holds none."""
    if path.finish in ("error", "length"):
        return None
    answer = form.parse(path.text)[1]
    return ballot(answer) if equal == "value" else answer.strip() or None


def elected(paths: Sequence[Completion], votes: Sequence[Hashable | None], worth: Sequence[float]) -> int:
    """The path to give: the first of those whose answer has most, each vote counting what it is worth.

    Where none votes, the first that did not fail.
    """
    totals: dict[Hashable, float] = {}
    for vote, weight in zip(votes, worth, strict=True):
        if vote is not None:
            totals[vote] = totals.get(vote, 0.0) + weight
    if totals:
        return votes.index(max(totals, key=totals.__getitem__))
    return next((at for at, path in enumerate(paths) if path.finish != "error"), 0)


def leaders(votes: Sequence[Hashable | None]) -> tuple[int, int]:
    """How many votes the two most frequent answers have."""
    counts = sorted(Counter(vote for vote in votes if vote is not None).values(), reverse=True)
    return (*counts, 0, 0)[0], (*counts, 0, 0)[1]
