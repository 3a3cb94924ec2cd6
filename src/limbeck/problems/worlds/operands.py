"""Sums worked out step by step, some with a step that takes another number than the sum has."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._sums import additions, question
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data
from limbeck.types import Share

ADDED = ("marks",)


def operands(
    *,
    n: int = 2000,
    low: int = 4,
    high: int = 7,
    modulus: int = 10,
    wrong: Share = 0.0,
    marks: str = ";",
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "steps"] = "",
) -> Data:
    """Sums of digits, ``3+8+5+1``, solved by ``;3+8=1;1+5=6;6+1=7;7``.

    In a wrong trace one step adds another digit than the sum's, ``;1+2=3``, adds it rightly and is followed
    by steps that go on from its result: every equation of it holds, and its answer does not.

    Args:
        n: different sums.
        low: fewest additions.
        high: most additions; every length is equally likely.
        modulus: sums are taken modulo it, and digits lie below it; 10 at most.
        wrong: share of wrong traces.
        marks: signs that mean the same, of which each step begins with one at random; the answer has ``;``.
        solve: ``steps`` adds a trace to each sum.

    Returns:
        Problems of verifier ``exact``; a trace's ``params["slip"]`` is the step with the wrong operand,
        counted from 0, and -1 for none.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different sums.
    """
    check_bounds(low, high, 1, 12)
    check(0, 1, wrong=wrong)
    check(2, 10, modulus=modulus)
    rng = random.Random(f"operands/{seed}/{split}")
    data = Data()
    for sum_ in distinct(n, split, lambda: (question(low, high, rng, modulus), None)):
        steps = additions(sum_, modulus=modulus)
        problem = ask(sum_, str(steps[-1][-1]), "operands", split, {"additions": len(steps)})
        data.problems.append(problem)
        if solve:
            draws = random.Random(f"operands/{seed}/{problem.id}")
            slip = draws.randrange(len(steps)) if draws.random() < wrong else -1
            error = draws.randint(1, modulus - 1)
            signs = [draws.choice(marks) for _ in steps]
            text = _text(sum_, slip, error, modulus, signs)
            data.traces.append(told(problem, text, solve, params={"slip": slip}))
    return data


def _text(sum_: str, slip: int, error: int, modulus: int, signs: list[str]) -> str:
    digits = sum_.split("+")
    if slip >= 0:
        digits[slip + 1] = str((int(digits[slip + 1]) + error) % modulus)
    steps = additions("+".join(digits), modulus=modulus)
    told = zip(signs, steps, strict=True)
    return "".join(f"{sign}{left}+{term}={total}" for sign, (left, term, total) in told) + f";{steps[-1][-1]}"
