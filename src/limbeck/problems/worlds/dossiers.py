"""Long documents of facts, a question that needs several of them, and a checklist of those."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.types import Count, Share

_FIRST = ("Ada", "Ben", "Cora", "Dov", "Elsa", "Finn", "Gail", "Hans", "Iris", "Jack", "Kate", "Liam", "Mona")
_TOWNS = ("Bonn", "Brno", "Bern", "Cork", "Graz", "Lodz", "Lyon", "Oulu", "Pisa", "Riga", "Turku", "Vigo")
_DEPOTS = [f"{name} of {town}" for name in _FIRST for town in _TOWNS]


def dossiers(
    *,
    n: Count = 300,
    size: Count = 40,
    low: int = 2,
    high: int = 4,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "reasoner", "guesser"] = "",
    right: Share = 0.7,
    guess: Share = 0.4,
) -> Data:
    """A document of facts, and how many crates some depots hold together; what must be looked up is the
    checklist.

    The two solvers answer the same questions rightly. The reasoner says every fact that its right answers
    need; of the guesser's right answers ``guess`` lack one of them, or state it wrongly.

    Args:
        n: different documents.
        size: facts in each.
        low: fewest facts that a question needs.
        high: most.
        solve: adds a response of a solver.
        right: share of answers that are right.
        guess: share of the guesser's right answers that are guessed.

    Returns:
        Problems of verifier ``exact``, ``meta["rubric"]`` the checklist, ``meta["facts"]`` how many the
        document has. Traces with ``params["gold"]``, 1 for each item that the response says.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different documents.
    """
    check_bounds(low, high, 1, 8)
    check(high, len(_DEPOTS), size=size)
    rng = random.Random(f"dossiers/{seed}/{split}")

    def draw() -> tuple[str, tuple[list[str], int]]:
        depots = rng.sample(_DEPOTS, size)
        held = {depot: rng.randint(11, 99) for depot in depots}
        needed = rng.sample(depots, rng.randint(low, high))
        lines = [_fact(depot, held[depot]) for depot in depots]
        asked = f"How many crates do the depots of {', '.join(needed)} hold together?"
        facts = [_fact(depot, held[depot]) for depot in needed]
        return f"{' '.join(lines)}\n\n{asked}", (facts, sum(held[depot] for depot in needed))

    data = Data()
    for text, (facts, total) in distinct(n, split, draw).items():
        meta = {"rubric": [{"text": f"says: {fact}"} for fact in facts], "facts": size}
        problem = ask(text, str(total), "dossiers", split, meta)
        data.problems.append(problem)
        if solve:
            data.traces.append(_trace(problem, facts, total, solve, right, guess, seed))
    return data


def _fact(depot: str, crates: int) -> str:
    return f"The depot of {depot} holds {crates} crates."


def _trace(
    problem: Problem, facts: list[str], total: int, solve: str, right: float, guess: float, seed: int
) -> Trace:
    # Both solvers draw from the same numbers, so that they answer the same questions rightly.
    draws = random.Random(f"dossiers/{seed}/{problem.id}")
    good, luck, at = draws.random() < right, draws.random() < guess, draws.randrange(len(facts))
    shown = list(facts)
    if (good and solve == "guesser" and luck) or not good:
        crates = int(facts[at].split()[-2])
        wrong = facts[at].replace(f" {crates} ", f" {crates + draws.choice((-2, -1, 1, 2))} ")
        shown[at : at + 1] = [wrong] if draws.random() < 0.5 else []
    answer = str(total if good else total + draws.choice((-2, -1, 1, 2)))
    return Trace(
        id=f"{problem.id}#{solve}",
        problem_id=problem.id,
        reasoning="\n".join(shown),
        answer=answer,
        format="think",
        model=solve,
        params={"gold": [float(fact in shown) for fact in facts]},
        finish="stop",
        tokens=len(" ".join(shown).split()) + 1,
        verdicts=[Verdict("exact", "correct" if good else "wrong", answer)],
    )
