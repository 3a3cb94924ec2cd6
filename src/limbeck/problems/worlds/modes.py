"""Easy and hard puzzles that may be thought about or answered at once."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Literal

from limbeck.problems.worlds._chains import reduce
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data

THINK = ">"


def modes(
    *,
    n: int = 2000,
    low: int = 3,
    high: int = 4,
    easy: float = 0.5,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "mixed"] = "",
    think: float = 0.5,
    k: int = 1,
) -> Data:
    """Hard puzzles are chains as in `haste`, ``5-7-0+3``; easy ones, ``5,7,0,3``, ask only for the last
    digit.

    A trace either thinks, which ``>`` announces, and takes one operation off a line: ``>;8-0+3;8+3;1``, or
    skips and answers at once: ``;1``. Easy puzzles can be thought about too: ``>;7,0,3;0,3;3``. The solver is
    always right; a small network that skips a hard puzzle is not.

    Args:
        n: different puzzles.
        low: fewest operations (or commas).
        high: most; every length is equally likely.
        easy: share of easy puzzles.
        solve: ``mixed`` adds the traces.
        think: probability that a trace thinks, whatever the puzzle.
        k: traces per puzzle.

    Returns:
        Puzzles of verifier ``exact`` with ``meta["easy"]`` and ``meta["operations"]``; traces with
        ``params["think"]``, whether they think.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different puzzles.
    """
    check_bounds(low, high, 1, 20)
    check(0, 1, easy=easy, think=think)
    check(1, 100, k=k)
    rng = random.Random(f"modes/{seed}/{split}")

    def draw() -> tuple[str, None]:
        signs = "," if rng.random() < easy else "+-*"
        operations = rng.randint(low, high)
        rest = (rng.choice(signs) + rng.choice("0123456789") for _ in range(operations))
        return rng.choice("0123456789") + "".join(rest), None

    data = Data()
    for question in distinct(n, split, draw):
        lines = rewrite(question)
        meta = {"easy": "," in question, "operations": len(lines)}
        problem = ask(question, lines[-1], "modes", split, meta)
        data.problems.append(problem)
        draws = random.Random(f"modes/{seed}/{problem.id}")
        for number in range(k if solve else 0):
            thinks = draws.random() < think
            text = THINK + "".join(f";{line}" for line in lines) if thinks else f";{lines[-1]}"
            data.traces.append(told(problem, text, solve, number=number, params={"think": thinks}))
    return data


def rewrite(question: str) -> list[str]:
    """The puzzle with one operation fewer a line, down to its answer."""
    shorten: Callable[[list[str]], list[str]] = (lambda rest: rest[2:]) if "," in question else reduce
    tokens, lines = list(question), []
    while len(tokens) > 1:
        tokens = shorten(tokens)
        lines.append("".join(tokens))
    return lines
