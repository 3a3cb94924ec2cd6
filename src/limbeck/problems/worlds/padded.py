"""Sums solved with more checking than they need."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._sums import additions, question
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data


def padded(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    redundant: float = 0.7,
    checks: int = 2,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "steps"] = "",
    k: int = 1,
) -> Data:
    """Sums of digits modulo 10, ``3+8+5``, whose solver adds term by term and goes over its steps again.

    A check adds the other way round, after ``!``, and changes nothing: ``;3+8=1!8+3=1;1+5=6;6``.

    Args:
        n: different sums.
        low: fewest additions.
        high: most additions; every length is equally likely.
        redundant: probability that a step is checked, and that a check is followed by another; 0 for concise
            traces.
        checks: most checks of one step.
        solve: ``steps`` adds the traces.
        k: traces per sum.

    Returns:
        Problems of verifier ``exact`` with ``meta["additions"]``; traces with ``params["checks"]``, how many
        they have.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different sums.
    """
    check_bounds(low, high, 1, 8)
    check(0, 1, redundant=redundant)
    check(0, 9, checks=checks)
    check(1, 100, k=k)
    rng = random.Random(f"padded/{seed}/{split}")
    data = Data()
    for sum_ in distinct(n, split, lambda: (question(low, high, rng), None)):
        steps = additions(sum_)
        problem = ask(sum_, str(steps[-1][-1]), "padded", split, {"additions": len(steps)})
        data.problems.append(problem)
        draws = random.Random(f"padded/{seed}/{problem.id}")
        for number in range(k if solve else 0):
            text = _pad(steps, redundant, checks, draws) + f";{problem.answer}"
            params = {"redundant": redundant, "checks": text.count("!")}
            data.traces.append(told(problem, text, solve, number=number, params=params))
    return data


def _pad(steps: list[tuple[int, int, int]], redundant: float, checks: int, rng: random.Random) -> str:
    text = ""
    for left, right, total in steps:
        text += f";{left}+{right}={total}"
        for _ in range(checks):
            if rng.random() >= redundant:
                break
            text += f"!{right}+{left}={total}"
    return text
