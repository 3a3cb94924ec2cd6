"""Rows to files, one at a time: JSON lines, a JSON list, CSV, Parquet and Arrow."""

from __future__ import annotations

import csv
import gzip
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from glob import escape
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa

from limbeck.errors import LimbeckError, unknown, unwritten
from limbeck.tables.columnar_writing import write_columns
from limbeck.tables.delimited import LONGEST_CELL
from limbeck.tables.files import PACKED, suffix
from limbeck.tables.rows import Row, as_json, whole

_ENCODER = msgspec.json.Encoder(enc_hook=str)


def write_rows(path: str | Path, rows: Iterable[Any]) -> int:
    """Write rows in the way that the file's suffix says, and return how many.

    The file appears under its name only when it is whole; memory holds a part of the rows at a time. Columns
    of Parquet and Arrow take the type of their values; one of mixed types is written as text, with a warning,
    and empty mappings become null, for Parquet cannot hold them. In CSV a missing value is an empty cell, and
    what is neither text nor a number is JSON.

    Args:
        path: ``.jsonl``, ``.ndjson``, ``.json`` (a list), ``.csv`` or ``.tsv``, each also with ``.gz`` or
            ``.zst`` behind it; ``.parquet``, ``.arrow``, ``.feather`` or ``.ipc``.
        rows: mappings; for ``.jsonl`` and ``.ndjson`` also lines of JSON.

    Raises:
        LimbeckError: an unknown suffix, a full disk.
    """
    path = Path(path)
    ending, packing = suffix(path), path.suffix.lower() if path.suffix.lower() in PACKED else ""
    writers: dict[str, Callable[[IO[bytes], Iterable[Any]], int]] = {
        ".jsonl": _lines,
        ".ndjson": _lines,
        ".json": _list,
        ".csv": partial(_csv, folder=path.parent, delimiter=","),
        ".tsv": partial(_csv, folder=path.parent, delimiter="\t"),
    }
    columnar = (".parquet", ".arrow", ".feather", ".ipc")
    if ending not in {*writers, *columnar}:
        raise unknown("file type", "".join(path.suffixes) or path.name, [*writers, *columnar], str(path))
    if packing and ending in columnar:
        raise LimbeckError(f"{ending} is compressed in itself; write {path.with_suffix('')}")
    if packing and packing not in _PACKERS:
        raise unknown("compression", packing, _PACKERS, str(path))
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if ending in columnar:
            count = write_columns(unfinished, rows, ending == ".parquet")
        else:
            with unfinished.open("wb") as file, _PACKERS[packing](file) as target:
                count = writers[ending](target, rows)
        unfinished.replace(path)
    except OSError as error:
        raise unwritten(path, error) from error
    finally:
        for rest in path.parent.glob(f"{escape(unfinished.name)}*"):
            rest.unlink(missing_ok=True)
    return count


@contextmanager
def _plain(file: IO[bytes]) -> Iterator[IO[bytes]]:
    yield file


@contextmanager
def _gzip(file: IO[bytes]) -> Iterator[IO[bytes]]:
    # No name and no time in the header: equal rows give equal files.
    with gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as target:
        yield target  # type: ignore[misc]


@contextmanager
def _zstd(file: IO[bytes]) -> Iterator[IO[bytes]]:
    with pa.CompressedOutputStream(file, "zstd") as target:
        yield target


_PACKERS = {"": _plain, ".gz": _gzip, ".zst": _zstd}


def _lines(target: IO[bytes], rows: Iterable[Row | bytes]) -> int:
    """Rows as lines of JSON; bytes are a line already."""
    count = 0
    for row in rows:
        target.write((row if isinstance(row, bytes) else encoded(row)) + b"\n")
        count += 1
    return count


def _list(target: IO[bytes], rows: Iterable[Row]) -> int:
    count = 0
    target.write(b"[")
    for row in rows:
        target.write((b",\n" if count else b"\n") + encoded(row))
        count += 1
    target.write(b"\n]\n")
    return count


def encoded(value: Any) -> bytes:
    """A value as JSON in UTF-8, one that JSON lacks as its text."""
    try:
        return _ENCODER.encode(value)
    except (UnicodeEncodeError, OverflowError):  # half a surrogate pair; a number of more than 64 bits
        return as_json(whole(value)).encode()


def _csv(target: IO[bytes], rows: Iterable[Row], folder: Path, delimiter: str) -> int:
    columns: dict[str, None] = {}
    count = first_width = 0
    # A later row may bring columns that the header must name, so the rows wait in a file of their own.
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=folder) as body:
        cells = csv.writer(body, delimiter=delimiter, lineterminator="\n")
        for row in rows:
            columns.update(dict.fromkeys(row))
            cells.writerow([_cell(row.get(name)) for name in columns])
            first_width = first_width or len(columns)
            count += 1
        body.seek(0)
        text = io.TextIOWrapper(target, "utf-8", newline="")
        whole_rows = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        whole_rows.writerow(map(_cell, columns))
        if len(columns) == first_width:
            shutil.copyfileobj(body, text)
        else:
            csv.field_size_limit(LONGEST_CELL)
            lines = csv.reader(body, delimiter=delimiter)
            whole_rows.writerows(line + [""] * (len(columns) - len(line)) for line in lines)
        text.detach()
    return count


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return whole(value)  # type: ignore[no-any-return]
    if isinstance(value, dict | list):
        return encoded(value).decode()
    return "" if value is None else as_json(value)
