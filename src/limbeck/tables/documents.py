"""JSON that is not one object a line: a list, objects laid out over several lines, an object around rows."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple

from limbeck.tables.rows import BadRows, Block, Row, decode, grouped, wanted_object, whole
from limbeck.tables.wrapped import holds_rows_alone, rows_of

WINDOW = 1 << 20
"""Characters read at a time; only a value that is longer takes more of the text at once."""
_DECODER = json.JSONDecoder(strict=False)
_BETWEEN = re.compile(r"[\s,]*")
_FIRST_KEY = re.compile(r'\{\s*("(?:[^"\\]|\\.)*")\s*:')
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def is_document(head: bytes, is_all: bool, suffix: str) -> bool:
    """Whether a file that begins so is a document, rather than lines of JSON.

    Args:
        head: the beginning of the file in UTF-8.
        is_all: whether the file ends there.
        suffix: in a ``.json`` an object in one line may hold rows; elsewhere it is a row, unless a list of
            rows is all that is in it.
    """
    first, line_end, rest = head.strip().partition(b"\n")
    if not (line_end or is_all):
        return first.startswith(b"[") or (first.startswith(b"{") and suffix == ".json")
    value = _decoded(first)
    if value is not None:
        is_one = is_all and not rest and (suffix == ".json" or holds_rows_alone(value))
        return isinstance(value, list) or is_one
    if not first.startswith(b"{"):
        return first.startswith(b"[")
    try:
        return bool(_DECODER.raw_decode(head.decode("utf-8", "replace").strip()))
    except (ValueError, RecursionError):
        # A broken row among lines of rows, or the beginning of an object that is longer than the head.
        return not isinstance(_decoded(rest.partition(b"\n")[0]), dict)


def _decoded(line: bytes) -> Any:
    try:
        return decode(line)
    except (ValueError, RecursionError):
        return None


def blocks(file: str, stream: IO[bytes], bad: BadRows, size: int) -> Iterator[Block]:
    """Blocks of the rows of a document, numbered as they stand in it."""
    return grouped(file, _rows(_Document(file, stream, bad), file, bad), size)


class _Value(NamedTuple):
    number: int
    value: Any
    characters: int


def _rows(document: _Document, file: str, bad: BadRows) -> Iterator[tuple[int, Row, int]]:
    values: Iterator[_Value] = document.values()
    head = [value for value in (next(values, None), next(values, None)) if value]
    if len(head) == 1 and isinstance(head[0].value, dict) and not document.has_list:
        rows = rows_of(head[0].value, file)
        each = head[0].characters // max(len(rows), 1)
        values, head = (_Value(number, row, each) for number, row in enumerate(rows, 1)), []
    for number, value, characters in chain(head, values):
        if isinstance(value, dict):
            yield number, value, characters
        else:
            bad.add(f"{Path(file).name} row {number}", wanted_object(value))


class _Document:
    """A stream of JSON values: in a list or one after the other, with commas or without."""

    def __init__(self, file: str, stream: IO[bytes], bad: BadRows):
        # Bytes that are not UTF-8 come through as surrogates, so only the row that holds them is lost.
        self._stream = io.TextIOWrapper(stream, "utf-8", "surrogateescape", newline="")
        self._name, self._bad = Path(file).name, bad
        self._text, self._at, self._key = "", 0, ""
        self.has_list = False
        """Whether the values so far, or some of them, stood in a list."""

    def values(self) -> Iterator[_Value]:
        """The values that can be read; others are counted and stepped over."""
        number, in_list = 0, False
        while self._next():
            if self._text[self._at] == ("]" if in_list else "["):
                in_list, self.has_list = not in_list, True
                self._at += 1
                continue
            number += 1
            try:
                value, characters = self._value()
            except (ValueError, RecursionError) as error:
                self._bad.add(f"{self._name} row {number}", error)
                if not self._step_over():
                    return
            else:
                yield _Value(number, value, characters)
        if in_list:
            self._bad.add(
                f"{self._name} behind row {number}", "the list is never closed: the file is cut off"
            )

    def _more(self) -> bool:
        """Read on: as much as is at hand again, so that a long value is looked at a few times only."""
        piece = self._stream.read(max(WINDOW, len(self._text) - self._at))
        self._text, self._at = self._text[self._at :] + piece, 0
        return bool(piece)

    def _next(self) -> bool:
        """Go to the next character that is neither blank nor a comma; False at the end."""
        while True:
            self._at = _BETWEEN.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return True
            if not self._more():
                return False

    def _value(self) -> tuple[Any, int]:
        """The value that begins here, and how long it is.

        Raises:
            ValueError: it is broken, or not UTF-8.
            RecursionError: it is nested too deep.
        """
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
                break
            except json.JSONDecodeError as error:
                at_end = error.pos > len(self._text) - 8 or error.msg.startswith("Unterminated string")
                if not (at_end and self._more()):
                    raise
        raw, self._at = self._text[self._at : end], end
        if not raw.isascii():
            raw.encode()
        if key := _FIRST_KEY.match(raw):
            self._key = key[1]
        return whole(value) if _HALF_PAIR.search(raw) else value, len(raw)

    def _step_over(self) -> bool:
        """Go behind a broken value to where an object begins with the same key; False at the end.

        Brackets cannot be counted there: what is broken may be one of them, or a quotation mark.
        """
        broken = _FIRST_KEY.match(self._text, self._at)
        key = broken[1] if broken else self._key
        start = re.compile(rf"\{{\s*{re.escape(key)}\s*:" if key else r"\{")
        self._at += 1
        while not (following := start.search(self._text, self._at)):
            self._at = max(self._at, len(self._text) - len(key) - 100)
            if not self._more():
                return False
        self._at = following.start()
        return True
