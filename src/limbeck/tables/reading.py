"""Files to blocks, blocks to rows: what joins the readers of single kinds of files."""

from __future__ import annotations

import csv
import logging
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from limbeck.errors import LimbeckError
from limbeck.tables import columnar, delimited, documents, lines
from limbeck.tables.files import kind, suffix, utf8
from limbeck.tables.folders import Source, sources
from limbeck.tables.rows import BadRows, Block, Row

HEAD = 1 << 18
"""Bytes of a JSON file that tell how it is laid out."""
_LOG = logging.getLogger("limbeck")


def read_rows(path: str | Path, bad: BadRows | None = None) -> Iterator[Row]:
    """Rows of a file, or of every file that a glob such as ``part-*.parquet`` matches, in name order.

    Args:
        path: see `blocks`.
        bad: counts rows that could not be read; without it one warning is logged at the end.

    Raises:
        LimbeckError: what `blocks` raises, or not one readable row.
    """
    counter, before, any_row = BadRows() if bad is None else bad, 0 if bad is None else bad.count, False
    for block in blocks(path, counter, 1 << 18):
        for _, row in rows_in(block, counter):
            any_row = True
            yield row
    if not any_row:
        raise LimbeckError(
            f"{path}: {counter.summary()}, none could" if counter.count > before else f"{path} holds no rows"
        )
    if bad is None and counter.count:
        _LOG.warning(counter.summary())


def blocks(path: str | Path, bad: BadRows, size: int = 4 << 20) -> Iterator[Block]:
    """Pieces of all files that a path means, in name order, each of about ``size`` bytes.

    Args:
        path: a file, a glob or a folder of ``.jsonl``, ``.ndjson``, ``.json``, ``.csv`` or ``.tsv``, each
            also with ``.gz``, ``.zst``, ``.lz4``, ``.bz2`` or ``.xz`` behind it, or of ``.parquet``,
            ``.arrow``, ``.feather`` or ``.ipc``; or a data set that `datasets` saved.
        bad: counts rows that could not be read on the way; `rows_in` counts those of a block.

    Raises:
        LimbeckError: no such file, an unknown suffix, a file that cannot be read.
    """
    for source in sources(path):
        first = 1
        try:
            for block in _blocks(source, bad, size):
                first = block.first
                yield block
        except (OSError, EOFError, ValueError, lzma.LZMAError, csv.Error, pa.ArrowException) as error:
            behind = f" behind row {first}" if first > 1 else ""
            raise LimbeckError(f"cannot read {source.path}{behind}: {error}") from error


def rows_in(block: Block, bad: BadRows) -> Iterator[tuple[int, Row]]:
    """The rows of a block, each with its number in its file (for JSON lines that of its line), from 1."""
    if block.kind == "lines":
        return lines.rows_in(block, bad)
    if block.kind == "arrow":
        return columnar.rows_in(block, bad)
    return iter(block.content)


def columns_in(block: Block, names: tuple[str, ...]) -> dict[str, list[Any]] | None:
    """A block's columns, with None where a row says nothing; None where a line is blank, holds another name
    or no row, and where the block's reader gives rows alone."""
    return lines.columns_in(block, names) if block.kind == "lines" else None


def _blocks(source: Source, bad: BadRows, size: int) -> Iterator[Block]:
    path, file = source.path, str(source.path)
    reader = kind(path)
    if reader == "parquet":
        yield from columnar.parquet_blocks(file, size)
        return
    if reader == "arrow":
        yield from columnar.arrow_blocks(file, size, source.split)
        return
    if reader == "json":
        with utf8(path) as stream:
            head = stream.read(HEAD)
            is_all = not stream.read(1)
        reader = "document" if documents.is_document(head, is_all, suffix(path)) else "lines"
    with utf8(path) as stream:
        if reader == "csv":
            yield from delimited.blocks(file, stream, bad, size)
        elif reader == "document":
            yield from documents.blocks(file, stream, bad, size)
        else:
            yield from lines.blocks(file, stream, size)
