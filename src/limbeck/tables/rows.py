"""What all readers of tables share: a row, a block of rows, the count of bad ones, and JSON as written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

Row = dict[str, Any]
CHUNK = 1000
"""Rows held in memory at a time, unless they are so large that fewer must do."""
OVERHEAD = 200
"""Bytes that a row takes beside its text."""
EXAMPLES = 3
_DECODER = msgspec.json.Decoder()
_LENIENT = json.JSONDecoder(strict=False)


@dataclass
class BadRows:
    """Rows that could not be used: how many, and where and why for the first few."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, where: str, why: object) -> None:
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{where}: {why}")

    def merge(self, other: BadRows) -> None:
        """Take over what somebody else (a worker, say) has counted."""
        self.count += other.count
        self.examples += other.examples[: max(EXAMPLES - len(self.examples), 0)]

    def summary(self) -> str:
        """One line such as ``2 rows could not be used (rows.jsonl row 7: …)``."""
        return f"{self.count:,} row{'s'[: self.count != 1]} could not be used ({'; '.join(self.examples)})"


class Block(NamedTuple):
    """A piece of a file that can be read by itself, here or in another process: it may be pickled."""

    file: str
    first: int
    """Number of its first row, or line, from 1."""
    content: Any
    kind: str
    """Which reader turns the content into rows."""
    start: int = -1
    """Where a file's own bytes are the content, its first byte; the content is then how many they are."""

    @property
    def size(self) -> int:
        """Its bytes; 0 of rows that are read already."""
        if isinstance(self.content, int):
            return self.content
        return getattr(self.content, "nbytes", 0) or len(self.content) * isinstance(self.content, bytes)

    @property
    def name(self) -> str:
        return Path(self.file).name


def decode(line: bytes | str) -> Any:
    """JSON, also as Python and people write it; ValueError when it is not JSON.

    NaN, Infinity and control characters inside of strings are let in. Half a surrogate pair, which is no
    character and which neither UTF-8 nor Parquet can hold, becomes U+FFFD.
    """
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeError):
        text = line if isinstance(line, str) else line.decode("utf-8", "strict")
        return whole(_LENIENT.decode(text))


def whole(value: Any) -> Any:
    """The value with U+FFFD for every half of a surrogate pair."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return value
    if isinstance(value, dict):
        return {whole(key): whole(inner) for key, inner in value.items()}
    return [whole(inner) for inner in value] if isinstance(value, list) else value


def as_json(value: Any) -> str:
    """Any value as JSON, one that JSON lacks as its text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def wanted_object(value: Any) -> str:
    """Why a value is no row."""
    return f"an object is wanted, not {type(value).__name__}"


def unique(names: Iterable[str]) -> list[str]:
    """Names of columns, each another, for a row holds one value a name: a second ``a`` becomes ``a.1``."""
    names = list(names)
    taken, result = set(names), list[str]()
    for name in names:
        if name in result:
            name = next(other for copy in count(1) if (other := f"{name}.{copy}") not in taken)
            taken.add(name)
        result.append(name)
    return result


def grouped(file: str, rows: Iterable[tuple[int, Row, int]], size: int) -> Iterator[Block]:
    """Blocks of rows that are read already, from their numbers, themselves and their sizes in characters."""
    content: list[tuple[int, Row]] = []
    weight = 0
    for number, row, characters in rows:
        content.append((number, row))
        weight += characters + OVERHEAD
        if weight >= size:
            yield Block(file, content[0][0], content, "rows")
            content, weight = [], 0
    if content:
        yield Block(file, content[0][0], content, "rows")
