"""Values worked out once, then carried through many lines that use them and never say them again."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data

NAMES = "abcdefghij"
ROUNDS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def carried(
    *,
    n: int = 2000,
    low: int = 4,
    high: int = 4,
    rounds: tuple[int, int] = (6, 9),
    solve: Literal["", "steps"] = "",
    seed: int = 0,
    split: str = "train",
) -> Data:
    """``a3+8b5+9?C``: the answer is the last digits of the sums, ``14``, told after as many rounds
    as C is letters from A on.

    A solver writes the digits down at once, ``;a1b4``, then rounds that count down to A. Each holds every
    name against another random digit, ``Ca7<b2>``, so that it has to be looked up and is not told; after the
    last round it tells the digits, ``;14``. Whoever forgets what stood in the first line cannot.

    Args:
        n: different questions.
        low: fewest names.
        high: most names; every number is equally likely.
        rounds: fewest and most rounds.
        solve: ``steps`` adds a trace.

    Returns:
        Problems of verifier ``exact`` with ``meta["names"]`` and ``meta["rounds"]``; traces of format
        ``lines``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(low, high, 1, len(NAMES))
    fewest, most = rounds
    check(1, len(ROUNDS), fewest=fewest, most=most)
    check_bounds(fewest, most, 1, len(ROUNDS))
    rng = random.Random(f"carried/{seed}/{split}")

    def draw() -> tuple[str, tuple[list[int], int]]:
        names = NAMES[: rng.randint(low, high)]
        pairs = [(rng.randrange(10), rng.randrange(10)) for _ in names]
        count = rng.randint(fewest, most)
        terms = "".join(f"{name}{left}+{right}" for name, (left, right) in zip(names, pairs, strict=True))
        return f"{terms}?{ROUNDS[count - 1]}", ([sum(pair) % 10 for pair in pairs], count)

    data = Data()
    for asked, (values, count) in distinct(n, split, draw).items():
        answer = "".join(map(str, values))
        problem = ask(asked, answer, "carried", split, {"names": len(values), "rounds": count})
        data.problems.append(problem)
        if solve:
            draws = random.Random(f"carried/{seed}/{problem.id}")
            data.traces.append(told(problem, _written(values, count, draws), solve))
    return data


def _written(values: list[int], count: int, draws: random.Random) -> str:
    pairs = list(zip(NAMES, values, strict=False))
    lines = [";" + "".join(f"{name}{value}" for name, value in pairs)]
    for letter in ROUNDS[:count][::-1]:
        lines.append(letter)
        for name, value in pairs:
            digit = draws.randrange(10)
            lines.append(f"{name}{digit}{'<' if value < digit else '>'}")
    return "".join(lines) + ";" + "".join(map(str, values))
