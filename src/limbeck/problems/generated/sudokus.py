"""Sudokus with one solution, and the search that fills them as a trace."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

from limbeck.errors import LimbeckError
from limbeck.problems.generated._stream import Drawn, solved, stream
from limbeck.problems.worlds._worlds import ask, check_bounds
from limbeck.records import Data

BOXES = {4: (2, 2), 6: (2, 3), 9: (3, 3)}
"""Rows and columns of a box, by the size of the grid."""
TASK = (
    "Fill the grid (0 is empty): each row, each column and each box of {} rows and {} columns has every "
    "digit from 1 to {} once. Answer with the full grid, a row a line."
)
Cells = list[int]
"""The grid row by row; 0 is empty."""


def sudokus(
    *,
    n: int = 1000,
    size: Literal[4, 6, 9] = 9,
    low: int = 0,
    high: int = 0,
    guesses: int = 0,
    most_guesses: int = 50,
    solve: Literal["", "search"] = "",
    seed: int = 0,
    split: str = "train",
) -> Iterator[Data]:
    """A sudoku with exactly one solution; a trace fills what is forced and guesses where nothing is.

    A line a step: ``r1c2=3`` is forced (no other digit is left), ``r1c2=3?`` is a guess at the first cell
    with fewest digits left, ``r1c2!`` a cell without any digit left; what was filled since the last guess is
    then taken back, and its next digit tried.

    Args:
        size: of the grid: 4, 6 (boxes of two rows and three columns) or 9.
        low, high: fewest and most empty cells; 0 for about a half, and for two thirds.
        guesses, most_guesses: fewest and most guesses that the search makes: how hard it is.
        solve: ``search`` adds the trace.

    Returns:
        Problems of verifier ``grid``; ``meta`` has ``puzzle`` (rows of digits, 0 for empty), ``empty`` and
        ``guesses``.

    Raises:
        LimbeckError: an unknown split or size, impossible bounds, or fewer than ``n`` different puzzles.
    """
    if size not in BOXES:
        raise LimbeckError(f"problems/sudokus: size={size}: 4, 6 or 9")
    low, high = low or size * size // 2, high or size * size * 2 // 3
    check_bounds(low, high, 1, size * size - size)
    check_bounds(guesses, most_guesses, 0, 10_000)
    rng = random.Random(f"sudokus/{seed}/{split}")
    places = Places(size)

    def draw(number: int) -> Drawn | None:
        full = places.fill([0] * size * size, rng)
        puzzle = _emptied(full, rng.randint(low, high), places, rng)
        if puzzle is None:
            return None
        lines = places.search(puzzle)
        guessed = sum(line.endswith("?") for line in lines)
        if not guesses <= guessed <= most_guesses:
            return None
        rows = places.rows(puzzle)
        meta = {"puzzle": rows, "empty": puzzle.count(0), "guesses": guessed}
        task = TASK.format(*BOXES[size], size)
        answer = "\n".join(places.rows(full))
        problem = ask("\n".join([task, "", *rows]), answer, "sudokus", "", meta, verifier="grid")
        return problem, [solved(problem, "\n".join(lines), "search")] if solve else []

    return stream(n, split, draw)


class Places:
    """What a size of grid looks like: for each cell the cells that it must differ from."""

    def __init__(self, size: int) -> None:
        self.size, (high, wide) = size, BOXES[size]
        groups: dict[tuple[str, int, int], list[int]] = {}
        for at in range(size * size):
            row, column = divmod(at, size)
            for group in (("row", row, 0), ("column", column, 0), ("box", row // high, column // wide)):
                groups.setdefault(group, []).append(at)
        self.peers: list[set[int]] = [set() for _ in range(size * size)]
        for members in groups.values():
            for at in members:
                self.peers[at].update(members)

    def rows(self, cells: Cells) -> list[str]:
        step = self.size
        return ["".join(map(str, cells[start : start + step])) for start in range(0, step * step, step)]

    def left(self, cells: Cells, at: int) -> list[int]:
        """Digits that a cell may still have."""
        taken = {cells[peer] for peer in self.peers[at]}
        return [digit for digit in range(1, self.size + 1) if digit not in taken]

    def tightest(self, cells: Cells) -> tuple[int, list[int]] | None:
        """The first empty cell with fewest digits left, and these; None in a full grid."""
        best: tuple[int, list[int]] | None = None
        for at, digit in enumerate(cells):
            if not digit:
                left = self.left(cells, at)
                if best is None or len(left) < len(best[1]):
                    best = at, left
                    if len(left) < 2:
                        break
        return best

    def solutions(self, cells: Cells, most: int, rng: random.Random | None = None) -> list[Cells]:
        """Up to so many full grids."""
        spot = self.tightest(cells)
        if spot is None:
            return [cells[:]]
        at, digits = spot
        if rng:
            rng.shuffle(digits)
        full: list[Cells] = []
        for digit in digits:
            cells[at] = digit
            full += self.solutions(cells, most - len(full), rng)
            if len(full) >= most:
                break
        cells[at] = 0
        return full

    def fill(self, cells: Cells, rng: random.Random) -> Cells:
        """A full grid at random."""
        return self.solutions(cells, 1, rng)[0]

    def search(self, puzzle: Cells) -> list[str]:
        """The lines of a search that ends in the solution."""
        lines: list[str] = []

        def on(cells: Cells) -> bool:
            spot = self.tightest(cells)
            if spot is None:
                return True
            at, digits = spot
            name = f"r{at // self.size + 1}c{at % self.size + 1}"
            if not digits:
                lines.append(f"{name}!")
            for digit in digits:
                lines.append(f"{name}={digit}{'?' if len(digits) > 1 else ''}")
                if on([*cells[:at], digit, *cells[at + 1 :]]):
                    return True
            return False

        on(puzzle)
        return lines


def _emptied(full: Cells, empty: int, places: Places, rng: random.Random) -> Cells | None:
    """The grid with so many cells emptied and one solution; None where no order of them leaves one."""
    cells, left = full[:], empty
    for at in rng.sample(range(len(full)), len(full)):
        if not left:
            break
        cells[at] = 0
        if len(places.solutions(cells, 2)) > 1:
            cells[at] = full[at]
        else:
            left -= 1
    return None if left else cells
