"""Worked sums to be judged right or wrong, without solving them anew."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._sums import additions, question
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data


def judged(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    wrong: float = 0.5,
    shuffled: bool = False,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "verdict"] = "",
) -> Data:
    """The sums of `padded` with a solution, ``3+8+5?3+8=2;2+5=7``; the answer is ``right`` or ``wrong``.

    A wrong solution errs in one addition and goes on from there. A trace is the verdict alone: ``;wrong``.

    Args:
        n: different solutions.
        low: fewest additions.
        high: most additions; every length is equally likely.
        wrong: share of wrong solutions.
        shuffled: deal the verdicts out among the solutions at random: the control that teaches no judgement.
        solve: ``verdict`` adds the trace.

    Returns:
        Problems of verifier ``exact``; ``meta["slip"]`` is the addition that errs, counted from 0, and -1 for
        none.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different solutions.
    """
    check_bounds(low, high, 1, 8)
    check(0, 1, wrong=wrong)
    rng = random.Random(f"judged/{seed}/{split}")

    def draw() -> tuple[str, int]:
        sum_ = question(low, high, rng)
        slip = rng.randrange(sum_.count("+")) if rng.random() < wrong else -1
        steps = additions(sum_, slip, rng.randint(1, 9))
        return f"{sum_}?{';'.join(f'{left}+{right}={total}' for left, right, total in steps)}", slip

    drawn = distinct(n, split, draw)
    verdicts = ["right" if slip < 0 else "wrong" for slip in drawn.values()]
    if shuffled:
        rng.shuffle(verdicts)
    data = Data()
    for (text, slip), verdict in zip(drawn.items(), verdicts, strict=True):
        problem = ask(text, verdict, "judged", split, {"slip": slip})
        data.problems.append(problem)
        if solve:
            data.traces.append(told(problem, f";{verdict}", solve))
    return data
