"""Plans through a maze, walked step by step."""

from __future__ import annotations

import re

from limbeck.records import Problem, Trace, Verdict

_MOVES = {"U": (-1, 0), "D": (1, 0), "L": (0, -1), "R": (0, 1)}
_WORDS = {"UP": "U", "DOWN": "D", "LEFT": "L", "RIGHT": "R"}
_LONGEST = 100_000
_LEAP = "?"


def maze(problem: Problem, trace: Trace, *, shortest: bool = True) -> Verdict:
    """The steps lead from S to G through free cells of ``meta["maze"]``; any such plan is correct.

    Steps are U, D, L and R, or the words, with blanks, commas or arrows between; of several lines the last
    that is all steps counts. Where ``meta["names"]`` has a sign for each cell, row by row, a plan is the
    cells that it steps on. A problem without a maze is ``unknown``.

    Args:
        shortest: whether the plan may have no more steps than ``meta["steps"]``.
    """
    rows = problem.meta.get("maze")
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        return Verdict("maze", "unknown", reason="the problem has no meta['maze']")
    signs = {(r, c): sign for r, row in enumerate(rows) for c, sign in enumerate(row)}
    at = next((cell for cell, sign in signs.items() if sign == "S"), None)
    if at is None or "G" not in signs.values():
        return Verdict("maze", "unknown", reason="the maze has no S or no G")
    names = problem.meta.get("names")
    steps = _by_cells(trace.answer.strip(), at, names, len(rows[0])) if names else _steps(trace.answer)
    if not steps:
        return Verdict("maze", "unparsed", trace.answer.strip()[:80] or None, "no steps found")
    for number, step in enumerate(steps, 1):
        if step == _LEAP:
            return Verdict("maze", "wrong", steps[:200], f"step {number} goes to no neighbouring cell")
        at = (at[0] + _MOVES[step][0], at[1] + _MOVES[step][1])
        if signs.get(at, "#") == "#":
            return Verdict("maze", "wrong", steps[:200], f"step {number}, {step}, meets a wall")
    if signs[at] != "G":
        return Verdict(
            "maze", "wrong", steps[:200], f"the plan ends in row {at[0]}, column {at[1]}, not at G"
        )
    fewest = problem.meta.get("steps")
    if shortest and isinstance(fewest, int) and len(steps) > fewest:
        return Verdict("maze", "wrong", steps[:200], f"{len(steps)} steps, {fewest} are enough")
    return Verdict("maze", "correct", steps[:200], f"{len(steps)} steps from S to G")


def _by_cells(text: str, at: tuple[int, int], names: str, width: int) -> str:
    """Moves from cell to cell, `_LEAP` where two are no neighbours; empty where a sign names no cell."""
    signs = {move: sign for sign, move in _MOVES.items()}
    steps = ""
    for name in text[:_LONGEST]:
        if name not in names:
            return ""
        to = divmod(names.index(name), width)
        steps += signs.get((to[0] - at[0], to[1] - at[1]), _LEAP)
        at = to
    return steps


def _steps(text: str) -> str:
    """The last line's steps, as letters; empty where no line is all steps."""
    for line in reversed(text[-_LONGEST:].splitlines()):
        words = re.sub(r"\\(?:boxed|text)|answer|plan|steps?|[\s,;:.>{}$`*→-]", " ", line.upper(), flags=re.I)
        named = [_WORDS.get(word, word) for word in words.split()]
        if named and all(set(word) <= set(_MOVES) for word in named):
            return "".join(named)
    return ""
