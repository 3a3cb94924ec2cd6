"""Chains of deductions in Natural Program form, some with a planted step that does not follow."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

from msgspec.structs import replace

from limbeck.checkers.deductions import Relation, compute
from limbeck.errors import unknown
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct
from limbeck.records import Data, Problem, Trace, Verdict

KINDS = ("arithmetic", "ungrounded", "misread")
_NAMES = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Leo")


def deductions(
    *,
    n: int = 500,
    low: int = 2,
    high: int = 5,
    k: int = 10,
    wrong: float = 0.5,
    same: float = 0.8,
    kinds: tuple[str, ...] = ("arithmetic", "ungrounded"),
    seed: int = 0,
    split: str = "train",
) -> Data:
    """Who has how many cards: questions with one bystander, and ``k`` chains for each, right and wrong.

    A chain states the premises, ``#2. Bob has 7 more cards than Ann.``, and then steps that cite theirs,
    ``#5. (by #1 #2) Bob has 12 + 7 = 19 cards.``, up to ``The answer is 19.`` A wrong chain has one planted
    error and goes on from there. Errors of one problem are mostly alike, so that wrong answers may have the
    majority.

    Args:
        n: different problems.
        low, high: fewest and most steps before the last.
        k: chains per problem.
        wrong: share of wrong chains.
        same: share of wrong chains that have their problem's usual error; the others err anywhere.
        kinds: of errors: ``arithmetic`` a wrong result, ``ungrounded`` a number of somebody whom the step
            does not cite, ``misread`` a premise stated wrongly: every step then follows, and the answer is
            still wrong.

    Returns:
        Problems of verifier ``exact``. Traces with a verdict ``steps``: ``extracted`` is the place of the
        planted step among all statements, counted from 0, empty where every step follows; ``params["kind"]``
        is the kind of error.

    Raises:
        LimbeckError: an unknown kind or split, impossible bounds, or fewer than ``n`` different problems.
    """
    _check(low, high, k, wrong, same, kinds)
    rng = random.Random(f"deductions/{seed}/{split}")

    def draw() -> tuple[str, list[Relation]]:
        drawn = _draw(rng.randint(low, high), rng)
        return " ".join([*map(str, drawn), f"How many cards has {drawn[-2].who}?"]), drawn

    data = Data()
    for text, relations in distinct(n, split, draw).items():
        answer = str(_values(relations)[relations[-2].who])
        problem = ask(text, answer, "deductions", split, {"steps": len(relations) - 2})
        data.problems.append(problem)
        draws = random.Random(f"deductions/{seed}/{problem.id}")
        usual = _error(relations, kinds, draws)
        for number in range(k):
            erring = draws.random() < wrong
            error = usual if draws.random() < same else _error(relations, kinds, draws)
            data.traces.append(_trace(problem, relations, number, error if erring else ("", 0, 0)))
    return data


Error = tuple[str, int, int]
"""Kind, which relation it meets, and by how much a number is off."""


def _draw(steps: int, rng: random.Random) -> list[Relation]:
    """Somebody's cards, ``steps`` relations each on the one before, and a bystander's cards."""
    while True:
        names = rng.sample(_NAMES, steps + 2)
        drawn = [Relation(names[0], rng.randint(3, 30))]
        for base, who in itertools.pairwise(names[:-1]):
            sign = rng.choice("++--*")
            drawn.append(Relation(who, rng.randint(2, 4) if sign == "*" else rng.randint(2, 20), sign, base))
        drawn.append(Relation(names[-1], rng.randint(3, 30)))
        values = _values(drawn)
        if all(1 < value < 1000 for value in values.values()) and len({*values.values()}) == len(values):
            return drawn


def _check(low: int, high: int, k: int, wrong: float, same: float, kinds: tuple[str, ...]) -> None:
    for kind in kinds or ("",):
        if kind not in KINDS:
            raise unknown("kind of error", kind, KINDS, "problems/deductions")
    check_bounds(low, high, 1, 8)
    check(0, 1, wrong=wrong, same=same)
    check(0, 200, k=k)


def _values(relations: Sequence[Relation]) -> dict[str, int]:
    values: dict[str, int] = {}
    for relation in relations:
        values[relation.who] = (
            compute(values[relation.base], relation.sign, relation.value) if relation.base else relation.value
        )
    return values


def _error(relations: Sequence[Relation], kinds: Sequence[str], rng: random.Random) -> Error:
    return rng.choice(kinds), rng.randrange(1, len(relations) - 1), rng.choice((1, 2, 10))


def _trace(problem: Problem, relations: Sequence[Relation], number: int, error: Error) -> Trace:
    """One chain, with an error unless its kind is empty."""
    kind, at, off = error
    told = list(relations)
    if kind == "misread":
        told[at] = replace(told[at], value=told[at].value + off)
    lines = [*map(str, told), f"How many cards has {relations[-2].who}?"]
    where = {relations[0].who: 1}
    values = {relations[0].who: told[0].value}
    bystander = relations[-1].value
    for place, relation in enumerate(told[1:-1], 1):
        who, base, sign, value = relation.who, relation.base, relation.sign, relation.value
        left = bystander if kind == "ungrounded" and place == at else values[base]
        result = compute(left, sign, value) + (off if kind == "arithmetic" and place == at else 0)
        lines.append(f"(by #{place + 1} #{where[base]}) {who} has {left} {sign} {value} = {result} cards.")
        where[who], values[who] = len(lines), result
    asked = relations[-2].who
    lines.append(f"(by #{len(relations) + 1} #{where[asked]}) The answer is {values[asked]}.")
    text = "".join(f"#{place}. {line}\n" for place, line in enumerate(lines, 1))
    planted = len(relations) + at if kind in ("arithmetic", "ungrounded") else None
    verdict = Verdict("steps", "correct", "", "no error planted")
    if planted is not None:
        verdict = Verdict("steps", "wrong", str(planted), f"planted: {kind}")
    return Trace(
        id=f"{problem.id}#deductions-{number}",
        problem_id=problem.id,
        reasoning=text,
        answer=str(values[asked]),
        model="deductions",
        params={"kind": kind},
        finish="stop",
        tokens=len(text.split()),
        verdicts=[verdict],
    )
