"""What generators share: different problems of one split, handed on shard by shard."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from limbeck.errors import LimbeckError, unknown
from limbeck.problems.worlds._chains import SPLITS, split_of
from limbeck.records import Data, Problem, Trace, Verdict

SHARD = 1000
PATIENCE = 2000
"""Draws without a further question before a generator is said to hold no more."""
Drawn = tuple[Problem, list[Trace]]


def stream(n: int, split: str, draw: Callable[[int], Drawn | None]) -> Iterator[Data]:
    """``n`` different problems with their traces in shards of `SHARD`.

    A digest of the question decides where it belongs, so splits share none whatever their seeds. Of what was
    handed on only a short digest of each question is remembered, to tell repeats.

    Args:
        draw: gives the problem of a number, at random, or None for one that will not do; asked again with the
            same number until one is taken.

    Raises:
        LimbeckError: an unknown split, or fewer than ``n`` different questions.
    """
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    if n < 1:
        raise LimbeckError(f"n={n}: at least one problem")
    known: set[int] = set()
    shard, idle = Data(), 0
    while len(known) < n:
        drawn = draw(len(known))
        idle += 1
        if idle > PATIENCE:
            raise LimbeckError(f"n={n}: split {split!r} has no more than about {len(known)} such questions")
        if drawn is None or split_of(drawn[0].question) != split:
            continue
        digest = int.from_bytes(hashlib.sha256(drawn[0].question.encode()).digest()[:8], "big")
        if digest in known:
            continue
        known.add(digest)
        idle = 0
        drawn[0].split = split
        shard.problems.append(drawn[0])
        shard.traces += drawn[1]
        if len(shard.problems) == SHARD:
            yield shard
            shard = Data()
    if shard.problems:
        yield shard


def solved(problem: Problem, reasoning: str, solver: str, answer: str | None = None) -> Trace:
    """A solver's trace, which is right by construction; ``answer`` where it is not the reference."""
    given = problem.answer or "" if answer is None else answer
    return Trace(
        id=f"{problem.id}#{solver}",
        problem_id=problem.id,
        reasoning=reasoning,
        answer=given,
        format="think",
        model=solver,
        finish="stop",
        verdicts=[Verdict(problem.verifier, "correct", given, f"written by {solver}")],
    )
