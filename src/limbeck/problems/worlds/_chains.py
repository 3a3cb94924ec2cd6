"""Chains of digit operations modulo 10: the questions of the small worlds `haste` and `expr`, and how to
solve them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

from limbeck.errors import LimbeckError, unknown
from limbeck.records import Outcome, Problem, Trace, Verdict
from limbeck.texts.questions import problem_id

SPLITS = {"train": range(70), "validation": range(70, 80), "test": range(80, 90), "hard": range(90, 100)}
"""Percentiles of the question's digest: a question belongs to one split whatever the seed."""


def split_of(question: str) -> str:
    """The one split a question may appear in."""
    percentile = int.from_bytes(hashlib.sha256(question.encode()).digest()[:4], "big") % 100
    return next(name for name, share in SPLITS.items() if percentile in share)


def reduce(tokens: list[str]) -> list[str]:
    """One operation carried out: the first ``*`` if there is one, else the leftmost; values are modulo 10."""
    at = tokens.index("*") if "*" in tokens else 1
    left, right = int(tokens[at - 1]), int(tokens[at + 1])
    value = {"+": left + right, "-": left - right, "*": left * right}[tokens[at]] % 10
    return [*tokens[: at - 1], str(value), *tokens[at + 2 :]]


def solve(question: str) -> str:
    """The chain's value, a digit."""
    tokens = list(question)
    while len(tokens) > 1:
        tokens = reduce(tokens)
    return tokens[0]


def questions(low: int, high: int, split: str, rng: random.Random) -> Iterator[str]:
    """Endless chains of ``low`` to ``high`` operations, all lengths equally often, each in its split; with
    repeats.

    Raises:
        LimbeckError: bounds that leave no chain, or a split nobody knows.
    """
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    if not 1 <= low <= high <= 100:
        raise LimbeckError(f"low={low}, high={high}: a chain has 1 to 100 operations, low at most high")
    if split == "hard" and high <= 5:
        raise LimbeckError(f"split 'hard' is for longer chains than high={high}; give low: 6, high: 7")
    while True:
        operations = rng.randint(low, high)
        digits = rng.choices("0123456789", k=operations + 1)
        signs = rng.choices("+-*", k=operations)
        question = "".join(digit + sign for digit, sign in zip(digits, [*signs, ""], strict=True))
        if split_of(question) == split:
            yield question


def distinct(n: int, low: int, high: int, split: str, rng: random.Random) -> list[str]:
    """``n`` different questions.

    Raises:
        LimbeckError: there are not that many; says how many were found.
    """
    chains: dict[str, None] = {}
    stream = questions(low, high, split, rng)
    idle = 0
    while len(chains) < n:
        before = len(chains)
        chains[next(stream)] = None
        idle = idle + 1 if len(chains) == before else 0
        if idle > 5000:
            raise LimbeckError(
                f"n={n}: split {split!r} has about {len(chains)} chains of {low} to {high} operations"
            )
    return list(chains)


def problem(question: str, source: str, split: str) -> Problem:
    """The question as a record; ``meta["operations"]`` is its length."""
    return Problem(
        id=problem_id(question),
        question=question,
        answer=solve(question),
        verifier="exact",
        source=source,
        split=split,
        meta={"operations": len(question) // 2},
    )


def trace(problem: Problem, number: int, text: str, model: str, params: dict[str, float]) -> Trace:
    """A solver's text as a record, judged against the problem's answer; format ``lines``, one token a
    character."""
    outcome: Outcome = "correct" if text[-1] == problem.answer else "wrong"
    return Trace(
        id=f"{problem.id}#{model}-{number}",
        problem_id=problem.id,
        reasoning=text[:-1],
        answer=text[-1],
        format="lines",
        model=model,
        params=params,
        finish="stop",
        tokens=len(text),
        verdicts=[Verdict("exact", outcome, text[-1], f"{text[-1]} against {problem.answer}")],
    )
