"""Mazes on a grid, with the search that A* makes as a trace."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.problems.generated._stream import Drawn, solved, stream
from limbeck.problems.worlds._worlds import ask, check_bounds
from limbeck.records import Data
from limbeck.types import Share

ADDED = ("form",)
Cell = tuple[int, int]
NAMES = "abcdefghijklmnopqrstuvwxyz0123456789"
"""A sign for each cell of a maze in signs, row by row."""
COSTS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""A sign for each cost from 0 to 25; what is more has the last one."""
MOVES = {"U": (-1, 0), "D": (1, 0), "L": (0, -1), "R": (0, 1)}
TASK = (
    "Find a shortest way from S to G. A step goes to a neighbouring cell (U up, D down, L left, R right); # "
    "is a wall. Answer with the steps alone, such as RRDDL."
)


def mazes(
    *,
    n: int = 1000,
    width: int = 8,
    height: int = 8,
    walls: Share = 0.35,
    low: int = 4,
    high: int = 40,
    solve: Literal["", "astar", "astar_random"] = "",
    form: Literal["text", "signs"] = "text",
    seed: int = 0,
    split: str = "train",
) -> Iterator[Data]:
    """A grid with walls, start and goal; the answer is a shortest plan, and A*'s search the trace.

    As Searchformer has them (arXiv 2402.14083): a line for each node put on the frontier, ``create 2 3 c4
    h5`` (row, column, cost so far, distance that is left at least), and for each taken off it, ``close …``;
    then the plan.

    Args:
        width, height: of the grid.
        walls: share of the cells.
        low, high: fewest and most steps of a shortest plan: how hard it is.
        solve: ``astar`` adds the trace; among equally good nodes it takes the earlier, ``astar_random`` a
            random one.
        form: ``signs`` has a sign for each cell of at most 36, so that a small student may learn it: start,
            goal and walls, ``ho:bdk``; a clause is ``+hAF`` (cell, both costs) or ``-hAF``, a plan the cells
            that it steps on, ``ino``. Traces are of format ``lines`` then.

    Returns:
        Problems of verifier ``maze``; ``meta`` has ``maze``, the rows, and ``steps``, how many a shortest
        plan has; a solved one has ``closed``, the nodes A* closed. In signs ``names`` has those of the cells.

    Raises:
        LimbeckError: an unknown split, impossible bounds, or fewer than ``n`` different mazes.
    """
    check_bounds(low, high, 1, 10_000)
    _check(width, height, walls, form)
    rng = random.Random(f"mazes/{seed}/{split}")

    def draw(number: int) -> Drawn | None:
        cells = [(row, column) for row in range(height) for column in range(width)]
        blocked = {cell for cell in cells if rng.random() < walls}
        free = [cell for cell in cells if cell not in blocked]
        if len(free) < 2:
            return None
        start, goal = rng.sample(free, 2)
        path, lines = astar(set(free), start, goal, rng if solve == "astar_random" else None)
        if not low <= len(path) <= high:
            return None
        rows = _rows(width, height, {**dict.fromkeys(blocked, "#"), start: "S", goal: "G"})
        meta = {"maze": rows, "steps": len(path)}
        if solve:
            meta["closed"] = sum(line.startswith("close") for line in lines)
        if form == "signs":
            question, plan, trace = in_signs(rows, start, path, lines)
            return _asked(question, plan, {**meta, "names": NAMES}, solve, trace + ";", "lines")
        return _asked("\n".join([TASK, "", *rows]), path, meta, solve, "\n".join(lines), "think")

    return stream(n, split, draw)


def _check(width: int, height: int, walls: float, form: str) -> None:
    check_bounds(min(width, height), max(width, height), 2, 100)
    if walls > 0.6:
        raise LimbeckError(f"problems/mazes: walls={walls:g}: beyond 0.6 hardly a way is left")
    if form == "signs" and width * height > len(NAMES):
        raise LimbeckError(f"problems/mazes: {width} times {height} cells: signs={len(NAMES)} are fewer")


def _rows(width: int, height: int, signs: dict[Cell, str]) -> list[str]:
    return ["".join(signs.get((row, column), ".") for column in range(width)) for row in range(height)]


def _asked(question: str, plan: str, meta: dict[str, Any], solve: str, trace: str, format: str) -> Drawn:
    problem = ask(question, plan, "mazes", "", meta, verifier="maze")
    return problem, [replace(solved(problem, trace, solve), format=format)] if solve else []


def in_signs(rows: list[str], start: Cell, path: str, lines: list[str]) -> tuple[str, str, str]:
    """A maze, its plan and its trace with a sign for each cell."""
    width = len(rows[0])
    flat = "".join(rows)
    walls = "".join(name for name, sign in zip(NAMES, flat, strict=False) if sign == "#")
    question = f"{NAMES[flat.index('S')]}{NAMES[flat.index('G')]}:{walls}"
    plan, (row, column) = "", start
    for move in path:
        row, column = row + MOVES[move][0], column + MOVES[move][1]
        plan += NAMES[row * width + column]
    trace = ""
    for line in lines:
        what, row_, column_, cost, left = line.split()
        costs = "".join(COSTS[min(int(each[1:]), len(COSTS) - 1)] for each in (cost, left))
        trace += f"{'+' if what == 'create' else '-'}{NAMES[int(row_) * width + int(column_)]}{costs}"
    return question, plan, trace


def astar(
    free: set[Cell], start: Cell, goal: Cell, rng: random.Random | None = None
) -> tuple[str, list[str]]:
    """A shortest plan, empty where there is none, and what the search did.

    Args:
        rng: breaks ties; without it the node that was created earlier is taken.
    """

    def left(cell: Cell) -> int:
        return abs(cell[0] - goal[0]) + abs(cell[1] - goal[1])

    plans = {start: ""}
    lines = [_line("create", start, 0, left(start))]
    frontier: list[tuple[int, float, int, Cell]] = [(left(start), 0.0, 0, start)]
    closed: set[Cell] = set()
    count = 0
    while frontier:
        _, _, _, cell = heapq.heappop(frontier)
        if cell in closed:
            continue
        closed.add(cell)
        cost = len(plans[cell])
        lines.append(_line("close", cell, cost, left(cell)))
        if cell == goal:
            return plans[cell], lines
        for sign, (down, right) in MOVES.items():
            following = (cell[0] + down, cell[1] + right)
            if following in free and (following not in plans or cost + 1 < len(plans[following])):
                plans[following] = plans[cell] + sign
                lines.append(_line("create", following, cost + 1, left(following)))
                count += 1
                tie = rng.random() if rng else 0.0
                heapq.heappush(frontier, (cost + 1 + left(following), tie, count, following))
    return "", lines


def _line(what: str, cell: Cell, cost: int, left: int) -> str:
    return f"{what} {cell[0]} {cell[1]} c{cost} h{left}"
