"""A table that questions are asked about: brought to one form, shown, queried."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from msgspec import Struct

from limbeck.checkers.sql_engines import Limits, Stopped, run_rows
from limbeck.checkers.workers import in_worker

NAME = "t"
"""What the table is called in queries."""
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_EMPTY = {"", "-", "–", "—", "n/a", "none"}
_ROWS, _BYTES = 10_000, 1 << 22


class Frame(Struct):
    """A table: different column names, rows of their length, cells that are text, numbers or None."""

    columns: list[str]
    rows: list[list[Any]]

    def shown(self, rows: int = 40) -> str:
        """Its head as lines of ``a | b``, and how many rows are left out."""
        lines = [" | ".join(map(_cell, row)) for row in (self.columns, *self.rows[:rows])]
        more = len(self.rows) - rows
        return "\n".join([*lines, *([f"… {more:,} more rows"] if more > 0 else [])])


def frame_of(given: Any, where: str = "table") -> Frame:
    """A frame of ``{columns, rows}``, or of rows the first of which is the header.

    Columns of one name are numbered (``year``, ``year_2``), nameless ones called by their place; short rows
    are filled up with None. A column whose cells all read as numbers (``1,234``) holds numbers.

    Raises:
        ValueError: no table, or a row longer than the header, with its place.
    """
    if isinstance(given, dict) and {"columns", "rows"} <= given.keys():
        header, rows = given["columns"], given["rows"]
    elif isinstance(given, list) and given:
        header, *rows = given
    else:
        raise ValueError(f"{where} is no table with columns and rows")
    if not (isinstance(header, list) and header and isinstance(rows, list)):
        raise ValueError(f"{where} has no columns, or no list of rows")
    columns = _distinct([str(name).strip() for name in header])
    full = []
    for place, row in enumerate(rows):
        if not isinstance(row, list) or len(row) > len(columns):
            raise ValueError(f"{where}: row {place} is no list of at most {len(columns)} cells")
        full.append([*row, *[None] * (len(columns) - len(row))])
    typed = [_typed([row[at] for row in full]) for at in range(len(columns))]
    return Frame(columns, [list(row) for row in zip(*typed, strict=True)])


def query(frame: Frame, sql: str, seconds: float) -> Future[Frame]:
    """What one query gives, read-only, in a worker that is killed after ``seconds``.

    The future raises `Stopped` with what the engine says, or ``TimeoutError``.
    """
    return in_worker(_run, frame.columns, frame.rows, sql, seconds, timeout=seconds)


def steps(frame: Frame, queries: Sequence[str], seconds: float) -> Future[tuple[list[Frame], str]]:
    """What a chain of queries gives, each asked of the one before's result.

    Returns:
        The results up to the first query that fails, and why it does, empty where none does. The future
        raises ``TimeoutError`` where the chain is killed.
    """
    return in_worker(_chain, frame.columns, frame.rows, list(queries), seconds, timeout=seconds)


def _run(columns: list[str], rows: list[list[Any]], sql: str, seconds: float) -> Frame:
    result = run_rows(NAME, columns, rows, sql, Limits(seconds, _ROWS, _BYTES))
    if result.cut:
        raise Stopped("limit", f"more than {_ROWS:,} rows")
    return Frame(_distinct(result.names), [list(row) for row in result.rows])


def _chain(
    columns: list[str], rows: list[list[Any]], queries: list[str], seconds: float
) -> tuple[list[Frame], str]:
    frames: list[Frame] = []
    frame = Frame(columns, rows)
    for sql in queries:
        try:
            frame = _run(frame.columns, frame.rows, sql, seconds)
        except Stopped as error:
            return frames, error.why
        frames.append(frame)
    return frames, ""


def _distinct(names: Sequence[str]) -> list[str]:
    """The names with a number where one was there before; SQL does not tell capitals apart."""
    taken: set[str] = set()
    made = []
    for place, name in enumerate(names, 1):
        base = name or f"column {place}"
        fresh, again = base, 2
        while fresh.casefold() in taken:
            fresh, again = f"{base}_{again}", again + 1
        taken.add(fresh.casefold())
        made.append(fresh)
    return made


def _typed(cells: list[Any]) -> list[Any]:
    """A column's cells, as numbers where all that is not empty reads as one."""
    texts = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
    empty = [isinstance(text, str) and text.casefold() in _EMPTY for text in texts]
    words = [text for text, no in zip(texts, empty, strict=True) if isinstance(text, str) and not no]
    if words and all(map(_NUMBER.fullmatch, words)):
        return [None if no else _number(text) for text, no in zip(texts, empty, strict=True)]
    return [text if isinstance(text, str | int | float | None) else str(text) for text in texts]


def _number(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    plain = text.replace(",", "")
    # SQLite's whole numbers have 64 bits.
    return int(plain) if "." not in plain and len(plain) < 18 else float(plain)


def _cell(value: Any) -> str:
    return "" if value is None else str(value).replace("\n", " ")
