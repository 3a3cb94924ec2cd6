"""Files of rows verified block by block, in processes of their own where a file is large.

The rows that come out, and their order, do not depend on the size of blocks or the number of processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.processes import cores, in_order
from limbeck.shapes.roles import HEADS
from limbeck.shapes.verified import BEFORE, Checked, checked, compares, verdicts_of
from limbeck.tables import BadRows, Block, Row, blocks, rows_in
from limbeck.tables.files import PACKED
from limbeck.tables.folders import sources
from limbeck.tables.writing import encoded
from limbeck.types import Verifier

ALONE = 8 << 20
"""Bytes of files up to which worker processes are not worth their start."""
_BLOCK = 1 << 20


@dataclass
class Part:
    """What became of a block's rows: the rows, or their lines of JSON, and how many of which outcome."""

    rows: list[Row] | list[bytes]
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Outcomes: the one a row bore before (or empty) and that of this check."""
    silent: str = ""
    """Why the first ``unknown`` row is so."""
    bad: BadRows = field(default_factory=BadRows)
    read: int = 0
    """Rows that the block holds; one of several responses makes several."""
    bytes: int = 0
    """How much of the file this was, where it is text that is not packed."""


def verify_file(
    path: str | Path,
    make: Callable[[], Verifier],
    *,
    columns: Mapping[str, str] | None = None,
    format: str = "",
    limit: int = 0,
    as_lines: bool = False,
    workers: int | None = None,
    block_size: int = _BLOCK,
) -> Generator[Part]:
    """Every block of a file with its verdicts, in order; rows as `limbeck.shapes.verified.verify_rows` makes
    them.

    Args:
        make: gives the verifier, once in every process.
        limit: rows to read; 0 for all.
        as_lines: give rows as lines of JSON, which workers write faster than their reader could.
        workers: processes; None: one a core where files are large, else none.

    Raises:
        LimbeckError: no such file, no readable row, no column that is the reference or none the response.
    """
    bad = BadRows()
    pieces = blocks(path, bad, block_size)
    ahead, heads = _heads(pieces)
    if not heads:
        for block in ahead:
            list(rows_in(block, bad))
        raise LimbeckError(f"{path}: {bad.summary()}, none could" if bad.count else f"{path} holds no rows")
    verifier = make()
    how = checked([row for _, row in heads], columns, format, compares(verifier))
    if workers is None:
        large = sum(source.path.stat().st_size for source in sources(path)) > ALONE
        workers = cores() if large and cores() > 1 and not limit else 0
    calls = ((block, how, as_lines) for block in chain(ahead, pieces))
    if workers:
        parts: Iterator[Part] = in_order(_in_worker, calls, workers, _begin, (make,))
    else:
        parts = _here(chain(ahead, pieces), how, as_lines, verifier, limit)
    for part in parts:
        if bad.count:  # what could not be read on the way to this block
            part.bad.merge(bad)
            bad.count, bad.examples = 0, []
        yield part


def size_of(path: str | Path) -> int:
    """Bytes of the files that a path means; 0 where some are packed or not text."""
    files = [source.path for source in sources(path)]
    ours = (".jsonl", ".ndjson", ".json", ".csv", ".tsv")
    plain = all(file.suffix.lower() in ours and file.suffix.lower() not in PACKED for file in files)
    return sum(file.stat().st_size for file in files) if plain else 0


def _heads(pieces: Iterator[Block]) -> tuple[list[Block], list[tuple[int, Row]]]:
    """The first rows, and the blocks that were read for them."""
    ahead: list[Block] = []
    heads: list[tuple[int, Row]] = []
    while len(heads) < HEADS and (block := next(pieces, None)):
        ahead.append(block)
        heads += islice(rows_in(block, BadRows()), HEADS - len(heads))
    return ahead, heads


_verifier: Verifier


def _begin(make: Callable[[], Verifier]) -> None:
    global _verifier
    _verifier = make()


def _in_worker(block: Block, how: Checked, as_lines: bool) -> Part:
    return _part(block, how, as_lines, _verifier, 0)


def _here(
    pieces: Iterator[Block], how: Checked, as_lines: bool, verifier: Verifier, limit: int
) -> Generator[Part]:
    """The parts made in this process, of the first ``limit`` rows if it is not 0."""
    rest = limit
    for block in pieces:
        part = _part(block, how, as_lines, verifier, rest)
        yield part
        rest -= part.read if limit else 0
        if limit and rest <= 0:
            return


def _part(block: Block, how: Checked, as_lines: bool, verifier: Verifier, limit: int) -> Part:
    """A block's rows with their verdicts."""
    part = Part([], bytes=_bytes(block))
    rows: list[Any] = []
    read = [row for _, row in islice(rows_in(block, part.bad), limit or None)]
    part.read = len(read)
    for row in verdicts_of(read, verifier, how):
        before = row.pop(BEFORE, None)
        part.changes[before if isinstance(before, str) else "", row["outcome"]] += 1
        if row["outcome"] == "unknown" and not part.silent:
            part.silent = row["reason"]
        rows.append(encoded(row) if as_lines else row)
    part.rows = rows
    return part


def _bytes(block: Block) -> int:
    if block.start < 0:
        return 0
    return block.content if isinstance(block.content, int) else len(block.content)
