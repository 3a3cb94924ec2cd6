"""Signs between numbers so that a target comes out: attempts, of which the failed ones are taken back."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.problems.worlds._worlds import ask, check, distinct, told
from limbeck.records import Data

VERSION = 2  # searches with other numbers of attempts have other ids


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
    misses the target, and the search tries other signs, none twice: ``;3+5+2=8=10!3+5-2=8=6;3+5-2``.
    Nothing falls below 0 on the way. Of ``2 ** (numbers - 1)`` choices of signs a few reach the target:
    whoever commits to the first is wrong more often the more numbers there are.

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

    def draw() -> tuple[str, tuple[list[int], list[str]]] | None:
        given = [rng.randint(1, 9) for _ in range(numbers)]
        attempts = [text for chain in _chains(given) if (text := attempt(chain))]
        if not attempts:
            return None
        right = rng.choice(attempts)
        target = _value(right)
        # Searches have a randomness of their own, so that arms with few and with many failed attempts share
        # their problems.
        draws = random.Random(f"{given}/{target}/{seed}/{backtracks}")
        failing = [text for text in attempts if _value(text) != target]
        if solve and len(failing) < backtracks:
            return None
        tried = draws.sample(failing, backtracks) if solve else []
        return f"{' '.join(map(str, given))}={target}", (given, [*tried, right])

    data = Data()
    for question, (given, attempts) in distinct(n, split, draw).items():
        answer = attempts[-1].partition("=")[0]
        meta = {"numbers": given, "target": _value(attempts[-1])}
        problem = ask(question, answer, "signs", split, meta, verifier="countdown")
        data.problems.append(problem)
        if solve:
            text = f";{'!'.join(attempts)};{answer}"
            params = {"backtracks": backtracks}  # another number of attempts is another trace
            data.traces.append(told(problem, text, solve, number=backtracks, params=params))
    return data


def _chains(given: list[int]) -> list[str]:
    """All chains of the numbers in their order."""
    chains = [str(given[0])]
    for number in given[1:]:
        chains = [f"{chain}{sign}{number}" for chain in chains for sign in "+-"]
    return chains


def _value(attempt: str) -> int:
    """What an attempt comes to."""
    return int(attempt.rpartition("=")[2])


def attempt(chain: str) -> str:
    """The chain and its value after each operation, from the left: ``3+5-2=8=6``; empty where one is below
    0."""
    values = [int(chain[0])]
    for sign, number in zip(chain[1::2], chain[2::2], strict=True):  # numbers have one digit
        values.append(values[-1] + int(number) if sign == "+" else values[-1] - int(number))
    return f"{chain}={'='.join(map(str, values[1:]))}" if min(values) >= 0 else ""
