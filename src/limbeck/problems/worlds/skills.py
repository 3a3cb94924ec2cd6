"""Two skills in one format: sums of digits, and programs on lists."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.list_programs import DIGITS, WORDS, solution
from limbeck.problems.worlds._chains import reduce
from limbeck.problems.worlds._worlds import ask, check_bounds, distinct, told
from limbeck.records import Data


def skills(
    *,
    n: int = 2000,
    skill: Literal["sums", "lists", "both"] = "both",
    low: int = 2,
    high: int = 3,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "careful"] = "",
) -> Data:
    """Sums modulo 10 such as ``2+6-9`` and list programs such as ``rs+3:9140``; a trace takes off an
    operation a line.

    ``;8-9;9`` solves the one, ``;s+3:0419;+3:0149;3472`` the other; its words are those of `functions`.

    Args:
        n: different problems.
        skill: which of the two; ``both`` draws either with equal chance.
        low: fewest operations.
        high: most operations; every length is equally likely.
        solve: ``careful`` adds the trace.

    Returns:
        Problems of verifier ``exact`` with ``meta["skill"]`` and ``meta["operations"]``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different problems.
    """
    check_bounds(low, high, 1, 6)
    rng = random.Random(f"skills/{skill}/{seed}/{split}")

    def draw() -> tuple[str, str]:
        made = skill if skill != "both" else rng.choice(("sums", "lists"))
        return (_sum if made == "sums" else _program)(rng.randint(low, high), rng)

    data = Data()
    for question, text in distinct(n, split, draw).items():
        made = "lists" if ":" in question else "sums"
        meta = {"skill": made, "operations": text.count(";")}
        problem = ask(question, text.rpartition(";")[2], "skills", split, meta)
        data.problems.append(problem)
        if solve:
            data.traces.append(told(problem, text, solve))
    return data


def _sum(operations: int, rng: random.Random) -> tuple[str, str]:
    tokens = [rng.choice(DIGITS)]
    for _ in range(operations):
        tokens += [rng.choice("+-"), rng.choice(DIGITS)]
    question, text = "".join(tokens), ""
    while len(tokens) > 1:
        tokens = reduce(tokens)
        text += f";{''.join(tokens)}"
    return question, text


def _program(operations: int, rng: random.Random) -> tuple[str, str]:
    # Words may drop digits; the list is long enough for one to be left.
    rule, digits = (
        "".join(rng.choices(WORDS, k=operations)),
        "".join(rng.choices(DIGITS, k=max(4, operations + 1))),
    )
    return f"{rule}:{digits}", solution(rule, digits)
