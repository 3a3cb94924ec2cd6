"""JSON lines: cut into blocks of whole lines, which are decoded line by line."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from functools import cache
from operator import attrgetter
from typing import IO, Any

import msgspec
import numpy as np

from limbeck.tables.rows import BadRows, Block, Row, decode, wanted_object

PIECE = 1 << 17
"""Bytes decoded in a go: faster than line by line while what it makes stays in the processor's cache."""
LINES = 10_000
"""Lines of a block at the most: as many problems as a shard of ours holds."""
_DECODER = msgspec.json.Decoder()


def blocks(file: str, stream: IO[bytes], size: int) -> Iterator[Block]:
    """Blocks of whole lines of about ``size`` bytes, and of a plain file at most `LINES`; only a line that is
    longer makes a larger one."""
    raw = getattr(stream, "raw", None)
    if isinstance(raw, io.FileIO):
        yield from _of_file(file, raw, stream.tell(), size)
        return
    first = 1
    while content := stream.read(size):
        content += stream.readline()
        yield Block(file, first, content, "lines")
        first += _newlines(content)


def _of_file(file: str, raw: io.FileIO, start: int, size: int) -> Iterator[Block]:
    """Blocks that say which bytes of a file they are, for whoever decodes them to read: perhaps another
    process. Here the bytes are only looked at, always in the same memory."""
    first, room = 1, bytearray(size)
    raw.seek(start)
    while held := raw.readinto(room):
        length = room.rfind(b"\n", 0, held) + 1 if held == size else held
        count = _newlines(memoryview(room)[:length])
        if count > LINES:
            ends = np.flatnonzero(np.frombuffer(room, np.uint8, length) == ord("\n"))
            count, length = LINES, int(ends[LINES - 1]) + 1
        if not length:
            length, count = size + _to_end_of_line(raw, size), 1
        yield Block(file, first, length, "lines", start)
        first, start = first + count, start + length
        raw.seek(start)


def _to_end_of_line(raw: io.FileIO, size: int) -> int:
    length = 0
    while piece := raw.read(size):
        if end := piece.find(b"\n") + 1:
            return length + end
        length += len(piece)
    return length


def columns_in(block: Block, names: tuple[str, ...]) -> dict[str, list[Any]] | None:
    """The columns of a block in which every line holds an object without any other name: what it says not is
    None. None of any other block, whose rows are to be read one by one.

    Structs are made, read and let go in half the time that mappings take.
    """
    columns = {name: (attrgetter(f"c{index}"), list[Any]()) for index, name in enumerate(names)}
    try:
        decoder = _decoder(names)
        for piece, count in _pieces(_content(block)):
            rows = decoder.decode_lines(piece)
            if len(rows) != count:
                return None
            for get, column in columns.values():
                column += map(get, rows)
    except (
        ValueError,
        RecursionError,
    ):  # a name that a struct's field cannot have, a line that is no such row
        return None
    return {name: column for name, (_, column) in columns.items()}


@cache
def _decoder(names: tuple[str, ...]) -> msgspec.json.Decoder[Any]:
    """A decoder of objects that hold nothing else; names of columns need not be ones that Python allows."""
    fields = [f"c{index}" for index in range(len(names))]
    row = msgspec.defstruct(
        "Row",
        [(field, Any, None) for field in fields],
        rename=dict(zip(fields, names, strict=True)),
        forbid_unknown_fields=True,
        gc=False,
    )
    return msgspec.json.Decoder(row)


def rows_in(block: Block, bad: BadRows) -> Iterator[tuple[int, Row]]:
    """The rows of a block and their lines' numbers; blank lines are stepped over."""
    first = block.first
    for piece, count in _pieces(_content(block)):
        for number, row in _together(piece, count, first) or _apart(piece, first, block.name, bad):
            if isinstance(row, dict):
                yield number, row
            else:
                bad.add(f"{block.name} row {number}", wanted_object(row))
        first += count


def _pieces(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Whole lines of about `PIECE` bytes, and how many they are."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + PIECE) + 1 or len(content)
        piece = content[start:end]
        yield piece, _newlines(piece) + (not piece.endswith(b"\n"))
        start = end


def _newlines(content: bytes | memoryview) -> int:
    """How many there are: `bytes.count` looks at one byte at a time."""
    return int(np.count_nonzero(np.frombuffer(content, np.uint8) == ord("\n")))


def _content(block: Block) -> bytes:
    if isinstance(block.content, bytes):
        return block.content
    with open(block.file, "rb", buffering=0) as file:
        file.seek(block.start)
        return file.read(block.content)


def _together(piece: bytes, count: int, first: int) -> Iterable[tuple[int, Any]] | None:
    """The numbered values of lines, decoded in a go; None where not every line holds one."""
    try:
        rows = _DECODER.decode_lines(piece)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return enumerate(rows, first) if len(rows) == count else None


def _apart(piece: bytes, first: int, name: str, bad: BadRows) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(piece.split(b"\n"), first):
        if not line or line.isspace():
            continue
        try:
            yield number, decode(line)
        except (ValueError, RecursionError) as error:
            bad.add(f"{name} row {number}", error)
