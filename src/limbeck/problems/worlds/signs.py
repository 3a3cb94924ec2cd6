"""Signs between numbers so that a target comes out: attempts, of which the failed ones are taken back."""

from __future__ import annotations

import random
from itertools import product
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, distinct, told
from limbeck.records import Data


def signs(
    *,
    n: int = 2000,
    numbers: int = 3,
    seed: int = 0,
    split: str = "train",
    solve: Literal["", "search"] = "",
    backtracks: int = 0,
) -> Data:
    """Numbers and a target, ``3 5 2=6``; the answer is a chain of them with signs between: ``3+5-2``.

    A trace is a search: an attempt is a chain and its value after each operation, ``!`` takes back one that
    misses the target, and the search tries other signs, none twice:
    ``;3+5+2=8=10!3+5-2=8=6;3+5-2``. Nothing falls below 0 on
    the way. Of ``2 ** (numbers - 1)`` choices of signs a few reach the target, so whoever commits
    to the first is wrong more often the more numbers there are.

    Args:
        n: different problems; with ``solve``, of those that have so many failing attempts.
        numbers: 3 to 6, of 1 to 9 each.
        solve: ``search`` adds a trace.
        backtracks: failed attempts in each trace, exactly.

    Returns:
        Problems of verifier ``countdown`` with ``meta["numbers"]`` and ``meta["target"]``; their answer is
        one of several.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different problems.
    """
    check(3, 6, numbers=numbers)
    check(0, 2 ** (numbers - 1) - 1, backtracks=backtracks)
    rng = random.Random(f"signs/{seed}/{split}")

    def draw() -> tuple[str, tuple[list[int], str, list[str]]] | None:
        given = [rng.randint(1, 9) for _ in range(numbers)]
        chains = {chain: attempt(chain) for chain in map("".join, _choices(given))}
        values = {chain: int(text.rpartition("=")[2]) for chain, text in chains.items() if text}
        if not values:
            return None
        answer = rng.choice([*values])
        target = values[answer]
        # Searches have a randomness of their own, so that arms with few and with many failed attempts share
        # their problems.
        draws = random.Random(f"{given}/{target}/{seed}/{backtracks}")
        failing = [chain for chain, value in values.items() if value != target]
        if solve and len(failing) < backtracks:
            return None
        tried = draws.sample(failing, backtracks) if solve else []
        texts = [chains[chain] for chain in (*tried, answer)]
        return f"{' '.join(map(str, given))}={target}", (given, answer, texts)

    data = Data()
    for question, (given, answer, texts) in distinct(n, split, draw).items():
        meta = {"numbers": given, "target": int(question.partition("=")[2])}
        problem = ask(question, answer, "signs", split, meta, verifier="countdown")
        data.problems.append(problem)
        if solve:
            text = f";{'!'.join(texts)};{answer}"
            data.traces.append(told(problem, text, solve, params={"backtracks": backtracks}))
    return data


def _choices(given: list[int]) -> list[tuple[str, ...]]:
    """All chains of the numbers, in parts."""
    first, *rest = map(str, given)
    return [
        (first, *(sign + number for sign, number in zip(chosen, rest, strict=True)))
        for chosen in product("+-", repeat=len(rest))
    ]


def attempt(chain: str) -> str:
    """The chain and its value after each operation, from the left: ``3+5-2=8=6``; empty where one is below
    0."""
    values = [int(chain[0])]
    for sign, number in zip(chain[1::2], chain[2::2], strict=True):  # numbers have one digit
        values.append(values[-1] + int(number) if sign == "+" else values[-1] - int(number))
    return f"{chain}={'='.join(map(str, values[1:]))}" if min(values) >= 0 else ""
