"""Tables of named digits to add up, with a solver whose traces have flaws that the answer does not show."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.ledgers import ASPECTS, draw, flawed, worked, written
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data
from limbeck.types import Count, Share

FLAWS = (*ASPECTS, "wrong")


def ledgers(
    *,
    n: Count = 2000,
    low: int = 2,
    high: int = 3,
    size: int = 4,
    flaws: Share = 0.0,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "steps"] = "",
) -> Data:
    """``a3b8c5d2?b-a+d``: names with their digits, and a sum; the trace looks up and adds:
    ``b8-a3=5;5+d2=7;7``.

    A flawed trace contradicts itself, takes other terms, leaves out, repeats or disorders steps, goes
    astray or chats, all with the right answer; or its last step is wrong, and its answer with it.

    Args:
        n: different questions.
        low: fewest operations.
        high: most, fewer than ``size``; every length is equally likely.
        size: names in a table.
        flaws: share of traces with a flaw, all kinds equally often.
        solve: ``steps`` adds the traces.

    Returns:
        Problems of verifier ``exact`` with ``meta["operations"]``; traces with ``params["flaw"]``, empty
        for none.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check(2, 8, size=size)
    check_bounds(low, high, 1, size - 1)
    rng = random.Random(f"ledgers/{seed}/{split}")
    data = Data()
    for question in distinct(n, split, lambda: (draw(low, high, size, rng), None)):
        steps = worked(question)
        problem = ask(question, steps[-1].rpartition("=")[2], "ledgers", split, {"operations": len(steps)})
        data.problems.append(problem)
        if solve:
            draws = random.Random(f"ledgers/{seed}/{problem.id}")
            flaw = draws.choice(FLAWS) if draws.random() < flaws else ""
            text = flawed(question, flaw, draws) if flaw else written(steps, problem.answer or "")
            data.traces.append(told(problem, text, solve, params={"flaw": flaw}))
    return data
