"""JSON lines: cut into blocks of whole lines, which are decoded line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import msgspec

from limbeck.tables.rows import BadRows, Block, Row, decode, wanted_object

_DECODER = msgspec.json.Decoder()


def blocks(file: str, stream: IO[bytes], size: int) -> Iterator[Block]:
    """Blocks of whole lines of about ``size`` bytes; only a line that is longer makes a larger one."""
    first, pieces = 1, list[bytes]()
    while piece := stream.read(size):
        end = piece.rfind(b"\n") + 1
        if end:
            content = b"".join([*pieces, memoryview(piece)[:end]])
            yield Block(file, first, content, "lines")
            first += content.count(b"\n")
            pieces = []
        pieces.append(piece[end:])
    if rest := b"".join(pieces):
        yield Block(file, first, rest, "lines")


def rows_in(block: Block, bad: BadRows) -> Iterator[tuple[int, Row]]:
    """The rows of a block and their lines' numbers; blank lines are stepped over."""
    for number, line in enumerate(block.content.split(b"\n"), block.first):
        try:
            try:
                row = _DECODER.decode(line)
            except (msgspec.DecodeError, UnicodeError):
                if not line or line.isspace():
                    continue
                row = decode(line)
        except (ValueError, RecursionError) as error:
            bad.add(f"{block.name} row {number}", error)
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            bad.add(f"{block.name} row {number}", wanted_object(row))
