"""Facts and rules in signs, and whether a statement or its contrary follows: ``a>c,c>g,c>x,k>-g,a:g``."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Literal, NamedTuple

from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data

ATOMS = "abcdefghijklmn"
YES, NO = "y", "n"


class Drawn(NamedTuple):
    """The statements as they stand, what follows one from the other, and the branches, each with where it
    begins."""

    statements: list[str]
    chain: list[str]
    away: list[tuple[str, str]]


def theorems(
    *,
    n: int = 2000,
    low: int = 1,
    high: int = 5,
    branches: int = 2,
    solve: Literal["", "proof", "answer"] = "",
    seed: int = 0,
    split: str = "train",
) -> Data:
    """Rules such as ``a>c``, a fact, ``a``, and a goal: ``a>c,c>g,c>x,k>-g,a:g``; the answer is ``y`` or
    ``n``.

    What ProofWriter asks (Tafjord et al., arXiv 2012.13048), with rules of one condition. Exactly one of the
    goal and its contrary, ``-g``, follows; the other is the head of a rule whose condition does not hold, so
    that heads alone tell nothing. Branches are rules that apply and lead nowhere.

    Args:
        low, high: fewest and most steps of the proof.
        branches: rules that apply behind one of its steps, but the last, and lead nowhere; as many as there
            are steps at most.
        solve: ``proof`` adds a trace, the statements that a step rests on and what it says, ``;a a>c:c`` for
            each, ``answer`` one that is the answer alone.

    Returns:
        Problems of verifier ``exact``; `verifiers/implied` looks at proofs. ``meta`` has ``depth``,
        ``statements``, ``goal``, the ``proof``, for each step the places of what it rests on and what it
        says, and such steps that lead ``astray``.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different problems.
    """
    check_bounds(low, high, 1, 8)
    check(0, 4, branches=branches)
    rng = random.Random(f"theorems/{seed}/{split}")

    def draw() -> tuple[str, Drawn]:
        drawn = _draw(rng.randint(low, high), branches, rng)
        return f"{','.join(drawn.statements)}:{drawn.chain[-1].removeprefix('-')}", drawn

    data = Data()
    for question, (statements, chain, away) in distinct(n, split, draw).items():
        answer = NO if chain[-1].startswith("-") else YES
        proof = steps(statements, chain)
        places = {says: len(statements) + number for number, (_, says) in enumerate(proof)}
        places[chain[0]] = len(statements) - 1
        meta = {
            "depth": len(proof),
            "statements": statements,
            "goal": chain[-1].removeprefix("-"),
            "proof": proof,
            "astray": [([places[given], statements.index(f"{given}>{then}")], then) for given, then in away],
        }
        problem = ask(question, answer, "theorems", split, meta)
        data.problems.append(problem)
        if solve:
            lines = [f";{given} {given}>{then}:{then}" for given, then in pairwise(chain)]
            text = "".join(lines if solve == "proof" else []) + f";{answer}"
            data.traces.append(told(problem, text, solve))
    return data


def _draw(depth: int, branches: int, rng: random.Random) -> Drawn:
    atoms = rng.sample(ATOMS, depth + 1 + branches + 1)
    chain, spare = atoms[: depth + 1], atoms[depth + 1 :]
    goal = chain[-1]
    sign = rng.choice(("", "-"))
    chain[-1] = sign + goal
    away = [(rng.choice(chain[:-1]), name) for name in spare[: min(branches, depth)]]
    rules = [f"{given}>{then}" for given, then in [*pairwise(chain), *away]]
    rules.append(f"{spare[-1]}>{'' if sign else '-'}{goal}")
    rng.shuffle(rules)
    return Drawn([*rules, chain[0]], chain, away)


def steps(statements: list[str], chain: list[str]) -> list[tuple[list[int], str]]:
    """For each step the places of the fact and the rule it rests on, and what it says; what is concluded
    stands behind the statements, in order."""
    proof = []
    for number, (given, then) in enumerate(pairwise(chain)):
        fact = len(statements) - 1 + number
        proof.append(([fact, statements.index(f"{given}>{then}")], then))
    return proof
