"""Puzzles whose size is the difficulty: Hanoi, checker jumping, river crossing, blocks (arXiv 2506.06941)."""

from __future__ import annotations

import random
from typing import Literal

from limbeck.checkers.plans import written
from limbeck.checkers.puzzles import ALPHABET, KINDS, puzzle, shortest
from limbeck.errors import LimbeckError, unknown
from limbeck.problems.worlds._worlds import ask, check_bounds, distinct, told
from limbeck.records import Data
from limbeck.types import Count

LARGEST = {"hanoi": 12, "checkers": 8, "river": 7, "blocks": 6}
"""Beyond these a search over all states takes too long, or the plan is longer than anybody writes."""


def puzzles(
    *,
    n: int = 100,
    kinds: tuple[str, ...] = KINDS,
    low: int = 2,
    high: int = 5,
    boat: Count = 3,
    stacks: Count = 3,
    form: Literal["text", "code"] = "text",
    solve: Literal["", "shortest"] = "",
    seed: int = 0,
    split: str = "train",
) -> Data:
    """Hanoi, checker jumping, river crossing and blocks of a given size; the answer is a shortest plan.

    Shortest plans have 2^n - 1 moves (Hanoi) and (n + 1)^2 - 1 (checkers). A river crossing with a boat for
    two has a plan up to three pairs, with one for three up to five; beyond, and with fewer than three
    stacks of blocks maybe, the answer is ``no solution``. Names of pegs, colours, pairs and blocks are drawn,
    so that puzzles of one size differ.

    Args:
        kinds: of ``hanoi``, ``checkers``, ``river`` and ``blocks``; they take turns.
        low, high: smallest and largest size: disks, checkers of a colour, pairs, blocks.
        boat: how many cross at once.
        stacks: how many places for blocks.
        form: ``text`` tells the rules and then the puzzle, ``code`` the puzzle alone, ``hanoi:3:KAD``.
        solve: ``shortest`` adds the plan as a trace.

    Returns:
        Problems of verifier ``moves``; ``meta`` has ``puzzle``, ``kind``, ``size``, ``moves`` (of a shortest
        plan, -1 where there is none).

    Raises:
        LimbeckError: an unknown kind or split, a size that a search cannot exhaust, too few such puzzles.
    """
    _check(kinds, low, high, stacks)
    rng = random.Random(f"puzzles/{seed}/{split}")
    turn = 0

    def draw() -> tuple[str, str] | None:
        nonlocal turn
        turn += 1
        code = _code(kinds[turn % len(kinds)], rng.randint(low, high), boat, stacks, rng)
        if code.startswith("blocks") and len({*code.split(":")[1:]}) == 1:
            return None
        return (_told(code) if form == "text" else code), code

    data = Data()
    for question, code in distinct(n, split, draw).items():
        plan = shortest(code)
        answer = "no solution" if plan is None else written(plan)
        meta = {"puzzle": code, "kind": code.partition(":")[0], "size": puzzle(code).size}
        meta["moves"] = -1 if plan is None else len(plan)
        problem = ask(question, answer, "puzzles", split, meta, verifier="moves")
        data.problems.append(problem)
        if solve:
            data.traces.append(told(problem, answer, solve, format="plain"))
    return data


def _check(kinds: tuple[str, ...], low: int, high: int, stacks: int) -> None:
    for kind in kinds or ("",):
        if kind not in KINDS:
            raise unknown("kind of puzzle", kind, KINDS, "problems/puzzles")
        check_bounds(low, high, 1, LARGEST[kind])
    if stacks > 9:
        raise LimbeckError(f"problems/puzzles: stacks={stacks}: at most 9")


def _code(kind: str, size: int, boat: int, stacks: int, rng: random.Random) -> str:
    letters = rng.sample(ALPHABET, 26)
    if kind == "hanoi":
        return f"hanoi:{size}:{''.join(letters[:3])}"
    if kind == "checkers":
        return f"checkers:{size}:{''.join(letters[:2])}"
    if kind == "river":
        return f"river:{''.join(letters[:size])}:{boat}"
    return ":".join(["blocks", *("/".join(_stacked(letters[:size], stacks, rng)) for _ in range(2))])


def _stacked(blocks: list[str], stacks: int, rng: random.Random) -> list[str]:
    """The blocks in a random order, each on a random stack."""
    made = [""] * stacks
    for block in rng.sample(blocks, len(blocks)):
        made[rng.randrange(stacks)] += block
    return made


def _told(code: str) -> str:
    asked = puzzle(code)
    kind, first, second = code.split(":")
    letter = (second if kind in ("hanoi", "checkers") else first).replace("/", "")
    rules = asked.rules.replace("{0_small}", letter[0].lower()).replace("{boat}", second)
    for place in range(min(len(letter), 3)):
        rules = rules.replace(f"{{{place}}}", letter[place])
    return f"{rules} Write the moves alone, one a line; if there is no plan, write no solution.\n{code}"
