"""Sums solved with more checking than they need."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._sums import additions, question
from limbeck.problems.worlds._worlds import ask, check, check_bounds, distinct, told
from limbeck.records import Data
from limbeck.types import Count, Settings

ADDED = ("digits", "letters")
LETTERS = "abcdefgh"


class Spelling(Settings, frozen=True):
    """How sums are written.

    Args:
        digits: how many digits there are, from 0 on; sums are modulo that number. With fewer of them there
            are fewer sums to know.
        letters: name each addition, ``3a8b5`` and ``;a3+8=1;b1+5=6;6``, so that a small student finds its
            place, and a step that is missing leaves a gap that shows.
    """

    digits: Count = 10
    letters: bool = False


def padded(
    *,
    n: int = 2000,
    low: int = 2,
    high: int = 4,
    redundant: float = 0.7,
    checks: int = 2,
    spelling: Spelling = Spelling(),
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
    check(2, 10, digits=spelling.digits)
    rng = random.Random(f"padded/{seed}/{split}")
    data = Data()
    for sum_ in distinct(n, split, lambda: (question(low, high, rng, spelling.digits), None)):
        steps = additions(sum_, modulus=spelling.digits)
        names = LETTERS[: len(steps)] if spelling.letters else ""
        problem = ask(_named(sum_, names), str(steps[-1][-1]), "padded", split, {"additions": len(steps)})
        data.problems.append(problem)
        draws = random.Random(f"padded/{seed}/{problem.id}")
        for number in range(k if solve else 0):
            text = _pad(steps, names, redundant, checks, draws) + f";{problem.answer}"
            params = {"redundant": redundant, "checks": text.count("!")}
            data.traces.append(told(problem, text, solve, number=number, params=params))
    return data


def _named(sum_: str, names: str) -> str:
    """The question, with each addition's letter in place of its plus where they have one."""
    first, *terms = sum_.split("+")
    return first + "".join(name + term for name, term in zip(names, terms, strict=True)) if names else sum_


def _pad(
    steps: list[tuple[int, int, int]], names: str, redundant: float, checks: int, rng: random.Random
) -> str:
    text = ""
    for (left, right, total), name in zip(steps, names or [""] * len(steps), strict=True):
        text += f";{name}{left}+{right}={total}"
        for _ in range(checks):
            if rng.random() >= redundant:
                break
            text += f"!{name}{right}+{left}={total}"
    return text
