"""CSV and its like: comma, semicolon, tab or bar between the cells, as the header line has it."""

from __future__ import annotations

import csv
import io
import logging
import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO

from limbeck.tables.rows import BadRows, Block, Row, grouped, unique

LONGEST_CELL = 1 << 27
"""Characters. A longer cell is a quotation mark that is never closed."""
_DELIMITERS = ",;\t|"
_LOG = logging.getLogger("limbeck")


class _Lines:
    """Lines of a text; those that went into the latest row can be put back, but for its first."""

    def __init__(self, text: Iterable[str], number: int):
        self._text, self._again = iter(text), deque[str]()
        self.number = number
        """Of the line that comes next, from 1."""
        self.row: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self.row.append(line)
        self.number += 1
        return line

    def put_back(self) -> None:
        lines = self.row[1:]
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)


def blocks(file: str, stream: IO[bytes], bad: BadRows, size: int) -> Iterator[Block]:
    """Blocks of rows, numbered without the header."""
    # Bytes that are not UTF-8 come through as surrogates, so only the row that holds them is lost.
    text = io.TextIOWrapper(stream, "utf-8", "surrogateescape", newline="")
    return grouped(file, _rows(Path(file), text, bad), size)


def _rows(file: Path, text: IO[str], bad: BadRows) -> Iterator[tuple[int, Row, int]]:
    """Number, row and size of each."""
    before, head = next(((index, line) for index, line in enumerate(text) if line.strip()), (0, ""))
    if excel := re.fullmatch(r'"?sep=(.)"?\s*', head, re.IGNORECASE):
        before, head = before + 1, next(text, "")
    lines = _Lines(chain([head] if head else [], text), before + 1)
    csv.field_size_limit(LONGEST_CELL)  # Python's own limit of 131,072 is less than a long trace
    reader = csv.reader(lines, delimiter=excel[1] if excel else _delimiter(file, head), strict=True)
    names = _names(next(reader, []), file)
    number = 0
    while True:
        lines.row.clear()
        first = lines.number
        try:
            cells = next(reader, None)
        except csv.Error as error:
            # A quotation mark that is never closed took the lines behind it, which are rows themselves.
            lines.put_back()
            number += 1
            bad.add(f"{file.name} line {first}", error)
            continue
        if cells is None:
            return
        if not cells:
            continue
        number += 1
        if why := _wrong(cells, len(names)):
            bad.add(f"{file.name} line {first}", why)
        else:
            yield number, dict(zip(names, cells, strict=False)), sum(map(len, cells))


def _wrong(cells: list[str], wanted: int) -> str:
    """Why a row cannot be used; empty where it can. Empty cells beyond the header's lose nothing."""
    if len(cells) < wanted or any(cells[wanted:]):
        return f"{wanted} column{'s'[: wanted != 1]} are wanted, not {len(cells)}"
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return "not UTF-8"
    return ""


def _delimiter(file: Path, head: str) -> str:
    """What the header line has most of, outside of quotation marks."""
    bare = re.sub(r'"[^"]*"', "", head)
    usual = "\t" if ".tsv" in file.name.lower() else ","
    return max(usual + _DELIMITERS, key=bare.count)


def _names(header: list[str], file: Path) -> list[str]:
    names = unique(name or f"column {place}" for place, name in enumerate(header, 1))
    if renamed := [name for name, column in zip(names, header, strict=True) if column and name != column]:
        _LOG.warning(
            f"{file}: several columns have the same name; the later ones are called {', '.join(renamed)}"
        )
    return names
