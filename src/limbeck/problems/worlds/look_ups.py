"""Several look-ups in a row, in a table that is told in no question, over names of two domains."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.look_ups import MOST, RELATIONS, names, target
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct
from limbeck.records import Data


def look_ups(
    *,
    n: int = 2000,
    low: int = 1,
    high: int = 4,
    size: int = 40,
    domain: Literal["near", "far"] = "near",
    seed: int = 0,
    split: str = "train",
) -> Data:
    """``KFab`` asks for the K of the F of ab. What K and F lead to stands in a table that no question shows.

    The form of a question is the same in both domains, the names and with them the facts are not: who takes
    questions apart needs the form alone, who answers them needs the table.

    Args:
        n: different questions.
        low, high: fewest and most look-ups of a question.
        size: names of a domain; each has five relations.
        domain: whose names are asked about.

    Returns:
        Problems of verifier ``exact``, source ``look_ups`` or ``look_ups_far``; ``meta["hops"]`` counts the
        look-ups.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different questions.
    """
    check_bounds(low, high, 1, 8)
    check(2, MOST, size=size)
    rng = random.Random(f"look_ups/{domain}/{seed}/{split}")
    known = names(domain, size)

    def draw() -> tuple[str, tuple[str, int]]:
        hops, name = rng.randint(low, high), rng.choice(known)
        relations = rng.choices(RELATIONS, k=hops)
        reached = name
        for relation in relations:
            reached = target(known, relation, reached)
        return "".join(reversed(relations)) + name, (reached, hops)

    data = Data()
    for question, (answer, hops) in distinct(n, split, draw).items():
        source = "look_ups" if domain == "near" else "look_ups_far"
        data.problems.append(ask(question, answer, source, split, {"hops": hops}))
    return data
