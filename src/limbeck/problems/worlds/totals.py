"""Running totals: sums and differences of small numbers, worked out in equations that are really true."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.totals import worked, written
from limbeck.errors import LimbeckError
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data


def totals(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    most: int = 9,
    top: int = 19,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "steps", "answer"] = "",
) -> Data:
    """Chains such as ``7+5-4`` whose total never leaves 0 to ``top``; a trace has an equation for each step.

    ``7+5=12``, ``12-4=8`` and ``;8``, a line each: nothing is taken modulo anything, so that a calculator can
    check each step.

    Args:
        n: different chains.
        low: fewest operations.
        high: most operations; every length is equally likely.
        most: the largest number in a chain.
        top: the largest total on the way, at least twice ``most`` so that a chain can always go on.
        solve: ``steps`` adds the trace, ``answer`` one that is the total alone.

    Returns:
        Problems of verifier ``exact`` with ``meta["operations"]``; traces of format ``lines``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different chains.
    """
    check_bounds(low, high, 1, 8)
    check(1, 99, most=most)
    check(2 * most, 999, top=top)
    if solve not in ("", "steps", "answer"):
        raise LimbeckError(f"solve={solve!r}: give steps, answer or nothing")
    rng = random.Random(f"totals/{seed}/{split}")
    data = Data()
    for question in distinct(n, split, lambda: (chain(rng.randint(low, high), most, top, rng), None)):
        steps = worked(question)
        answer = str(steps[-1][-1])
        problem = ask(question, answer, "totals", split, {"operations": len(steps)})
        data.problems.append(problem)
        if solve:
            text = written(steps) if solve == "steps" else f";{answer}"
            data.traces.append(told(problem, text, solve))
    return data


def chain(operations: int, most: int, top: int, rng: random.Random) -> str:
    """A question: every total on the way lies between 0 and ``top``."""
    total = rng.randint(1, most)
    question = str(total)
    for _ in range(operations):
        number = rng.randint(1, most)
        able = [sign for sign, fits in (("+", total + number <= top), ("-", number <= total)) if fits]
        sign = rng.choice(able)
        total += number if sign == "+" else -number
        question += f"{sign}{number}"
    return question
