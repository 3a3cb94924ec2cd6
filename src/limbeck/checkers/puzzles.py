"""Four puzzles of controllable size: what a move does, which are allowed, and a shortest plan by search.

Towers of Hanoi, checker jumping, river crossing and blocks (Shojaee et al., arXiv 2506.06941). A puzzle is
written in one line, such as ``hanoi:3:KAD``; `puzzle` reads it.
"""

from __future__ import annotations

import itertools
import random
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, ClassVar

State = tuple[Any, ...]
Move = tuple[str, ...]
KINDS = ("hanoi", "checkers", "river", "blocks")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_STATES = 300_000
CODE = re.compile(r"hanoi:\d+:[A-Z]{3}|checkers:\d+:[A-Z]{2}|river:[A-Z]+:\d+|blocks:[A-Z/]+:[A-Z/]+")


class IllegalMove(ValueError):
    """A move that the rules do not allow, with the rule."""


class Puzzle(ABC):
    """A start, a goal, and what moves make of a state.

    Attributes:
        size: what makes it hard: disks, checkers of a colour, pairs, blocks.
        rules: told to who shall solve it.
    """

    rules: ClassVar[str]
    size: int
    start: State
    goal: State

    @abstractmethod
    def moves(self) -> Iterator[Move]:
        """Every move there is to try, allowed in some state or in none."""

    @abstractmethod
    def after(self, state: State, move: Move) -> State:
        """The state that a move leads to.

        Raises:
            IllegalMove: saying which rule forbids it.
        """

    @abstractmethod
    def shaped(self, words: tuple[str, ...]) -> bool:
        """Whether words are a move of this puzzle, allowed or not."""

    def plan(self) -> list[Move] | None:
        """A shortest plan; None where there is none."""
        return search(self)


def search(puzzle: Puzzle) -> list[Move] | None:
    """A shortest plan by breadth-first search; None where the goal cannot be reached.

    Raises:
        ValueError: more states than `MOST_STATES`.
    """
    every = list(puzzle.moves())
    came: dict[State, tuple[State, Move] | None] = {puzzle.start: None}
    layer = [puzzle.start]
    while layer and puzzle.goal not in came:
        following = []
        for state, move in itertools.product(layer, every):
            try:
                new = puzzle.after(state, move)
            except IllegalMove:
                continue
            if new not in came:
                came[new] = (state, move)
                following.append(new)
        if len(came) > MOST_STATES:
            raise ValueError(f"more than {MOST_STATES:,} states")
        layer = following
    if puzzle.goal not in came:
        return None
    plan: list[Move] = []
    at = came[puzzle.goal]
    while at is not None:
        plan.append(at[1])
        at = came[at[0]]
    return plan[::-1]


class Hanoi(Puzzle):
    """``hanoi:3:KAD``: three disks, 1 the smallest, from peg K to peg D. A state is the peg of each disk."""

    rules = (
        "Move all disks from the first peg to the last, one at a time, never a disk onto a smaller one. A "
        "move is a disk, the peg it leaves and the peg it goes to, such as 1 {0} {2}; 1 is the smallest disk."
    )

    def __init__(self, size: int, pegs: str) -> None:
        self.size, self.pegs = size, pegs
        self.start, self.goal = (pegs[0],) * size, (pegs[2],) * size

    def moves(self) -> Iterator[Move]:
        for disk, (left, to) in itertools.product(range(self.size), itertools.permutations(self.pegs, 2)):
            yield str(disk + 1), left, to

    def shaped(self, words: tuple[str, ...]) -> bool:
        return len(words) == 3 and words[0].isdecimal() and all(len(word) == 1 for word in words[1:])

    def after(self, state: State, move: Move) -> State:
        disk, left, to = int(move[0]) - 1, *move[1:]
        if not 0 <= disk < self.size or not {left, to} <= {*self.pegs}:
            raise IllegalMove("there is no such disk or peg")
        if state[disk] != left:
            raise IllegalMove(f"disk {disk + 1} is on peg {state[disk]}")
        if {left, to} & {*state[:disk]} or left == to:
            raise IllegalMove("a smaller disk lies on it, or where it shall go")
        return (*state[:disk], to, *state[disk + 1 :])

    def plan(self) -> list[Move] | None:
        """The only shortest plan, 2^n - 1 moves: no search needed."""
        return [*_towers(self.size, *self.pegs)]


def _towers(disks: int, left: str, spare: str, to: str) -> Iterator[Move]:
    if disks:
        yield from _towers(disks - 1, left, to, spare)
        yield str(disks), left, to
        yield from _towers(disks - 1, spare, left, to)


class Checkers(Puzzle):
    """``checkers:2:RB``: ``RR_BB`` to ``BB_RR``. A state is the row."""

    rules = (
        "Exchange the two colours, which stand on both sides of one free place: {0} moves right, {1} left, "
        "to the free place beside it or over one checker of the other colour. A move is the colour, the "
        "place it leaves and the place it goes to, such as {0} 1 2; places count from 1."
    )

    def __init__(self, size: int, colours: str) -> None:
        self.size, self.colours = size, colours
        first, second = colours[0], colours[1]
        self.start = (*first * size, "_", *second * size)
        self.goal = (*second * size, "_", *first * size)

    def moves(self) -> Iterator[Move]:
        for at, step in itertools.product(range(1, 2 * self.size + 2), (1, 2)):
            yield self.colours[0], str(at), str(at + step)
            yield self.colours[1], str(at), str(at - step)

    def shaped(self, words: tuple[str, ...]) -> bool:
        return len(words) == 3 and len(words[0]) == 1 and all(word.isdecimal() for word in words[1:])

    def after(self, state: State, move: Move) -> State:
        colour, left, to = move[0], int(move[1]) - 1, int(move[2]) - 1
        if not 0 <= min(left, to) <= max(left, to) < len(state) or colour not in self.colours:
            raise IllegalMove("there is no such place or colour")
        if state[left] != colour or state[to] != "_":
            raise IllegalMove(f"place {left + 1} holds {state[left]}, place {to + 1} {state[to]}")
        step = (to - left) * (1 if colour == self.colours[0] else -1)
        if (step == 2 and state[(left + to) // 2] == colour) or step not in (1, 2):
            raise IllegalMove(f"{colour} cannot go from place {left + 1} to place {to + 1}")
        row = [*state]
        row[left], row[to] = "_", colour
        return tuple(row)


class River(Puzzle):
    """``river:KAD:2``: three pairs, agent K and actor k, a boat for two. A state is who is still on the left,
    and whether the boat is."""

    rules = (
        "Bring every agent (capital letter) and actor (the same letter, small) over the river. The boat "
        "holds at most {boat} and never crosses empty. No actor may be with another's agent, on a bank or "
        "in the boat, unless the actor's own agent is there. A move is who crosses, such as {0} {0_small}; "
        "the boat changes sides each time."
    )

    def __init__(self, pairs: str, boat: int) -> None:
        self.size, self.pairs, self.boat = len(pairs), pairs, boat
        self.everybody = frozenset(pairs + pairs.lower())
        self.start, self.goal = (self.everybody, True), (frozenset(), False)

    def moves(self) -> Iterator[Move]:
        for count in range(1, self.boat + 1):
            yield from itertools.combinations(sorted(self.everybody), count)

    def shaped(self, words: tuple[str, ...]) -> bool:
        return 0 < len(words) <= 2 * self.size and all(len(word) == 1 and word.isalpha() for word in words)

    def after(self, state: State, move: Move) -> State:
        left, there = state
        bank = left if there else self.everybody - left
        if not {*move} <= bank or len({*move}) != len(move):
            raise IllegalMove("somebody who shall cross is not where the boat is")
        if not 0 < len(move) <= self.boat:
            raise IllegalMove(f"the boat holds {self.boat}")
        stays = left.difference(move) if there else left.union(move)
        for group in (frozenset(move), stays, self.everybody - stays):
            if alone := sorted(_threatened(group)):
                raise IllegalMove(f"{alone[0]} is with another's agent")
        return stays, not there


def _threatened(group: frozenset[str]) -> set[str]:
    agents = {each for each in group if each.isupper()}
    return {each for each in group if each.islower() and agents and each.upper() not in agents}


class Blocks(Puzzle):
    """``blocks:KA/D/:D/A/K``: stacks from the bottom up, as they are and as they shall be."""

    rules = (
        "Move one block at a time, from the top of a stack to the top of another, until the stacks are as "
        "wanted. Stacks are written from the bottom up with / between them. A move is the block, the "
        "stack it leaves and the stack it goes to, such as {0} 1 2; stacks count from 1."
    )

    def __init__(self, start: str, goal: str) -> None:
        self.start, self.goal = tuple(start.split("/")), tuple(goal.split("/"))
        self.names = "".join(self.start)
        self.size = len(self.names)

    def moves(self) -> Iterator[Move]:
        stacks = map(str, range(1, len(self.start) + 1))
        for block, (left, to) in itertools.product(self.names, itertools.permutations(stacks, 2)):
            yield block, left, to

    def shaped(self, words: tuple[str, ...]) -> bool:
        return len(words) == 3 and len(words[0]) == 1 and all(word.isdecimal() for word in words[1:])

    def after(self, state: State, move: Move) -> State:
        block, left, to = move[0], int(move[1]) - 1, int(move[2]) - 1
        if not 0 <= min(left, to) <= max(left, to) < len(state) or left == to:
            raise IllegalMove("there is no such stack, or it is the same")
        if not state[left].endswith(block):
            raise IllegalMove(f"{block} is not on top of stack {left + 1}")
        stacks = [*state]
        stacks[left], stacks[to] = stacks[left][:-1], stacks[to] + block
        return tuple(stacks)


def puzzle(code: str) -> Puzzle:
    """A puzzle from its line.

    Raises:
        ValueError: it is none.
    """
    kind, first, second = code.split(":") if CODE.fullmatch(code) else ("", "", "")
    if kind in ("hanoi", "checkers") and len({*second}) == len(second) and 0 < int(first) <= 20:
        return Hanoi(int(first), second) if kind == "hanoi" else Checkers(int(first), second)
    if kind == "river" and len({*first}) == len(first) and int(second):
        return River(first, int(second))
    letters = sorted(first.replace("/", ""))
    if kind == "blocks" and letters == sorted({*second} - {"/"}) and first.count("/") == second.count("/"):
        return Blocks(first, second)
    raise ValueError(f"no puzzle: {code[:80]!r}; one is written hanoi:3:KAD")


def shortest(code: str) -> tuple[Move, ...] | None:
    """A shortest plan of a puzzle's line; None where there is none. Puzzles that differ in names alone are
    searched once.

    Raises:
        ValueError: no puzzle, or too many states.
    """
    puzzle(code)
    names = dict.fromkeys(re.findall("[A-Z]", code))
    plain = str.maketrans("".join(names), ALPHABET[: len(names)])
    back = str.maketrans(
        ALPHABET[: len(names)] + ALPHABET[: len(names)].lower(), "".join(names) + "".join(names).lower()
    )
    plan = _shortest(code.translate(plain))
    return plan and tuple(tuple(word.translate(back) for word in move) for move in plan)


@lru_cache(4096)
def _shortest(code: str) -> tuple[Move, ...] | None:
    plan = puzzle(code).plan()
    return None if plan is None else tuple(plan)


def spoiled(puzzle: Puzzle, move: Move, rng: random.Random) -> Move:
    """Another move of the same puzzle, allowed or not."""
    return rng.choice([other for other in puzzle.moves() if other != move])
