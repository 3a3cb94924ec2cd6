"""JSON that is not one object a line: a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from limbeck.tables.rows import BadRows, Block, Row, decode, grouped, wanted_object


def blocks(file: str, stream: IO[bytes], bad: BadRows, size: int) -> Iterator[Block]:
    """Blocks of the rows of a list."""
    rows = decode(stream.read())

    def numbered() -> Iterator[tuple[int, Row, int]]:
        for number, row in enumerate(rows, 1):
            if isinstance(row, dict):
                yield number, row, 1000
            else:
                bad.add(f"{file} row {number}", wanted_object(row))

    return grouped(file, numbered(), size)
