"""Plans for `limbeck.checkers.puzzles` as texts: moves read out of them and carried out one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from limbeck.checkers.puzzles import IllegalMove, Move, Puzzle

NO_SOLUTION = re.compile(r"\b(?:no (?:solution|plan|way)|unsolvable|impossible|cannot be solved)\b", re.I)
LONGEST = 200_000
_BRACKETS = re.compile(r"\[([^\[\]]+)\]")
_HEAD = re.compile(r"^\s*(?:(?:\d+[.)]|[-*•]|(?:step|move)\s+\d+\s*[.:)]?)\s+)?")
_WORDS = re.compile(r"\w+")


class Played(NamedTuple):
    """How far a plan got: its ``length`` in moves, the first that is not allowed (None where all are), why,
    and whether the goal was reached."""

    length: int
    fault: int | None
    why: str
    solved: bool


def moves_in(text: str, puzzle: Puzzle) -> list[Move]:
    """The moves of a text: its innermost brackets, ``[[1, A, C], …]``, else what stands on lines, or between
    semicolons, of its own. What has not the shape of a move is passed over."""
    text = text[-LONGEST:]
    parts = _BRACKETS.findall(text) or [_HEAD.sub("", line) for line in re.split(r"[;\n]", text)]
    words = (tuple(_WORDS.findall(part)) for part in parts)
    return [move for move in words if puzzle.shaped(move)]


def played(puzzle: Puzzle, moves: Sequence[Move]) -> Played:
    """Carry moves out, up to the first that is not allowed."""
    state = puzzle.start
    for number, move in enumerate(moves):
        try:
            state = puzzle.after(state, move)
        except IllegalMove as error:
            return Played(len(moves), number, str(error), False)
    return Played(len(moves), None, "", state == puzzle.goal)


def written(moves: Iterable[Move]) -> str:
    """A plan as text, a move a line."""
    return "\n".join(map(" ".join, moves))


def drafts(reasoning: str, puzzle: Puzzle) -> list[tuple[float, Played]]:
    """The plans that a thought tries, paragraphs with moves in them, each with where it ends, as a share of
    the thought."""
    tried = []
    for match in re.finditer(r"(?:[^\n]+\n?)+", reasoning):
        if moves := moves_in(match[0], puzzle):
            tried.append((match.end() / len(reasoning), played(puzzle, moves)))
    return tried
