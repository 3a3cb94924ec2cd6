"""Values worked out once, then carried through many lines that use them and never say them again."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data

NAMES = "abcdefghij"
ROUNDS = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Puzzle = tuple[str, list[int], int]
"""Names, their digits and a number of rounds."""


def carried(
    *,
    n: int = 2000,
    low: int = 4,
    high: int = 4,
    digits: int = 10,
    rounds: tuple[int, int] = (6, 9),
    chosen: bool = False,
    solve: Literal["", "steps"] = "",
    seed: int = 0,
    split: str = "train",
) -> Data:
    """``a3+8b5+9?C``: the answer is the last digits of the sums, ``14``, told after as many rounds
    as C is letters from A on, and without any after ``?@``.

    A solver writes the digits down at once, ``;a=1b=4``, then rounds that count down to A. Each holds every
    name against another random digit, ``Ca7<b2>``, so that it has to be looked up and is not told; after the
    last round it tells the digits, ``;14``. Whoever forgets what stood in the first line cannot.

    Args:
        n: different questions.
        low: fewest names.
        high: most names; every number is equally likely.
        digits: how many digits there are, from 0 on; sums are modulo that number.
        rounds: fewest and most rounds.
        chosen: the question has names alone, in any order, ``bd?C``, and whoever solves it chooses digits:
            nothing of them can be read off the question, so a text is right when it ends as it began.
        solve: ``steps`` adds a trace.

    Returns:
        Problems of verifier ``exact`` (with chosen digits of ``pattern``, and without an answer) with
        ``meta["names"]`` and ``meta["rounds"]``; traces of format ``lines``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(low, high, 1, len(NAMES))
    check(2, 10, digits=digits)
    check_bounds(*rounds, 0, len(ROUNDS) - 1)
    rng = random.Random(f"carried/{seed}/{split}")

    def draw() -> tuple[str, Puzzle]:
        return _drawn(rng.randint(low, high), digits, rounds, chosen, rng)

    data = Data()
    verifier = "pattern" if chosen else "exact"
    for asked, (names, values, count) in distinct(n, split, draw).items():
        answer, meta = "".join(map(str, values)), {"names": len(names), "rounds": count}
        problem = ask(asked, answer, "carried", split, meta, verifier)
        data.problems.append(problem)
        if solve:
            draws = random.Random(f"carried/{seed}/{problem.id}")
            values = values or [draws.randrange(digits) for _ in names]
            text = _written(names, values, count, digits, draws)
            data.traces.append(told(problem, text, solve, outcome="correct"))
    return data


def _drawn(
    many: int, digits: int, rounds: tuple[int, int], chosen: bool, rng: random.Random
) -> tuple[str, Puzzle]:
    """A question of so many names, and what it asks about."""
    names = "".join(rng.sample(NAMES, many)) if chosen else NAMES[:many]
    pairs = [(rng.randrange(digits), rng.randrange(digits)) for _ in names]
    count = rng.randint(*rounds)
    terms = "".join(f"{name}{left}+{right}" for name, (left, right) in zip(names, pairs, strict=True))
    values = [] if chosen else [sum(pair) % digits for pair in pairs]
    return f"{names if chosen else terms}?{ROUNDS[count]}", (names, values, count)


def _written(names: str, values: list[int], count: int, digits: int, draws: random.Random) -> str:
    pairs = list(zip(names, values, strict=True))
    lines = [";" + "".join(f"{name}={value}" for name, value in pairs)]
    for letter in ROUNDS[count:0:-1]:
        lines.append(letter)
        for name, value in pairs:
            digit = draws.randrange(digits)
            lines.append(f"{name}{digit}{'<' if value < digit else '>'}")
    return "".join(lines) + ";" + "".join(map(str, values))
