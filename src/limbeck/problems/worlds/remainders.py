"""Statements to be proved, each with a scheme of seven points, and proofs whose points are known."""

from __future__ import annotations

import random

from limbeck.checkers.remainders import FLAWS, marks, proof, question, scheme
from limbeck.problems.worlds._worlds import ask, check, distinct
from limbeck.records import Data, Problem, Trace
from limbeck.types import Count, CountOrNone, Share

TERMS = 3


def remainders(
    *,
    n: Count = 60,
    k: CountOrNone = 4,
    flaws: Share = 0.6,
    seed: int = 0,
    split: str = "train",
) -> Data:
    """``Show that 23 + 41 + 36 is divisible by 4.``: proofs worth up to seven points, as in an olympiad.

    A line for each of three terms earns two points, one where only its number is false, and the last line
    earns one. Proofs differ in how good they are, problems in how hard.

    Args:
        n: different statements.
        k: proofs of each.
        flaws: mean share of lines with a flaw: a reason that is none, a claim without one, a false number, or
            no line at all.

    Returns:
        Problems without a reference, ``meta["rubric"]`` the scheme. Traces with ``params["gold"]``, the
        points of each item, and ``params["flaws"]``, what is wrong with each line, empty for nothing.

    Raises:
        LimbeckError: an unknown split, or fewer than ``n`` different statements.
    """
    check(0, 200, k=k)
    rng = random.Random(f"remainders/{seed}/{split}")

    def draw() -> tuple[str, tuple[list[int], int]]:
        divisor = rng.randint(3, 9)
        terms = rng.sample(range(10, 100), TERMS - 1)
        rest = -sum(terms) % divisor
        terms.append(divisor * rng.randint(2, 9) + rest)
        return question(terms, divisor), (terms, divisor)

    data = Data()
    for text, (terms, divisor) in distinct(n, split, draw).items():
        problem = ask(text, "", "remainders", split, {"rubric": scheme(terms, divisor)}, verifier="checklist")
        problem.answer = None
        data.problems.append(problem)
        draws = random.Random(f"remainders/{seed}/{problem.id}")
        # A beta distribution of that mean: one statement is harder than another, whoever proves it.
        hard = draws.betavariate(4 * flaws, 4 * (1 - flaws)) if 0 < flaws < 1 else flaws
        for number in range(k):
            data.traces.append(_trace(problem, terms, divisor, number, hard, draws))
    return data


def _trace(
    problem: Problem, terms: list[int], divisor: int, number: int, hard: float, draws: random.Random
) -> Trace:
    flaws = [draws.choice(FLAWS) if draws.random() < hard else "" for _ in range(TERMS + 1)]
    text = proof(terms, divisor, flaws, draws)
    return Trace(
        id=f"{problem.id}#proof-{number}",
        problem_id=problem.id,
        answer=text,
        model="remainders",
        params={"flaws": flaws, "gold": marks(terms, divisor, text)},
        finish="stop",
        tokens=len(text.split()),
    )
