"""Sums attempted several times, some attempts erring: at random, or always in the same place."""

from __future__ import annotations

import random

from limbeck.errors import LimbeckError
from limbeck.problems.worlds import _worlds
from limbeck.problems.worlds._sums import additions, question
from limbeck.problems.worlds._worlds import ask, check_bounds, distinct, told
from limbeck.records import Data


def attempts(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    k: int = 0,
    wrong: float = 0.3,
    stumbles: str = "",
    least: bool = False,
    check: bool = False,
    seed: int = 0,
    split: str = "train",
) -> Data:
    """The sums of `padded` with ``k`` attempts each: ``;3+8=1;1+5=6;6``. One that errs goes on from its
    error.

    Args:
        n: different sums.
        low: fewest additions.
        high: most additions; every length is equally likely.
        k: attempts per sum.
        wrong: probability that an attempt errs, once, in an addition and by an amount drawn at random.
        stumbles: digits; whoever adds one of them is off by one, in every attempt. Such an error is no
            chance, and no majority outvotes it.
        check: note in ``params["thought"]`` each addition done rightly, and whether the attempt agrees:
            ``3+8=1n``.
        least: give every sum one right attempt and one that errs at random, whatever was drawn; needs k of 2
            or more.

    Returns:
        Problems of verifier ``exact`` with ``meta["additions"]``; traces of format ``lines`` with their true
        outcome.

    Raises:
        LimbeckError: an unknown split, impossible bounds, no digits in ``stumbles``, or fewer than ``n``
            sums.
    """
    check_bounds(low, high, 1, 8)
    _worlds.check(0, 1, wrong=wrong)
    _worlds.check(2 if least else 0, 100, k=k)
    if stumbles and not stumbles.isdecimal():
        raise LimbeckError(f"stumbles={stumbles!r}: give digits, such as '7'")
    rng = random.Random(f"attempts/{seed}/{split}")
    data = Data()
    for sum_ in distinct(n, split, lambda: (question(low, high, rng), None)):
        right = additions(sum_)
        problem = ask(sum_, str(right[-1][-1]), "attempts", split, {"additions": len(right)})
        data.problems.append(problem)
        draws = random.Random(f"attempts/{seed}/{problem.id}")
        for number in range(k):
            errs = draws.random() < wrong
            if least and number < 2:
                errs = number == 1
            slip = draws.randrange(len(right)) if errs else -1
            steps = _stumbled(sum_, stumbles, slip, draws.randint(1, 9))
            text = "".join(f";{left}+{term}={total}" for left, term, total in steps) + f";{steps[-1][-1]}"
            params = {"slip": slip, **({"thought": _checked(steps)} if check else {})}
            data.traces.append(told(problem, text, "attempts", number=number, params=params))
    return data


def _checked(steps: list[tuple[int, int, int]]) -> str:
    """Each addition done rightly, and whether the attempt agrees: ``3+8=1n``."""
    done = [(left, term, total, (left + term) % 10) for left, term, total in steps]
    return "".join(f"{left}+{term}={right}{'yn'[right != total]}" for left, term, total, right in done)


def _stumbled(sum_: str, stumbles: str, slip: int, error: int) -> list[tuple[int, int, int]]:
    """The additions as this solver does them."""
    if not stumbles:
        return additions(sum_, slip, error)
    left, *terms = map(int, sum_.split("+"))
    lines = []
    for at, term in enumerate(terms):
        total = (left + term + (str(term) in stumbles) + (error if at == slip else 0)) % 10
        lines.append((left, term, total))
        left = total
    return lines
