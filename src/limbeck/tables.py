"""Files of rows, read and written one row at a time: JSONL, JSON, CSV, TSV and Parquet, each also gzipped.

A row that cannot be read (broken JSON, wrong UTF-8, not an object) is counted and stepped over; a file that
cannot be read at all is a `LimbeckError`.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import logging
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.errors import LimbeckError, nearest, unknown

Row = dict[str, Any]
CHUNK = 1000
"""Rows of Parquet held in memory at a time while reading."""
_LOG = logging.getLogger("limbeck")


@dataclass
class BadRows:
    """Rows that could not be used: how many, and where and why for the first few."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, where: str, why: object) -> None:
        self.count += 1
        if len(self.examples) < 3:
            self.examples.append(f"{where}: {why}")

    def summary(self) -> str:
        """One line such as ``2 rows could not be used (rows.jsonl row 7: …)``."""
        return f"{self.count:,} row{'s'[: self.count != 1]} could not be used ({'; '.join(self.examples)})"


def read_rows(path: str | Path, bad: BadRows | None = None) -> Iterator[Row]:
    """Rows of a file, or of every file that a glob such as ``part-*.parquet`` matches, in name order.

    Args:
        path: ``.jsonl``, ``.ndjson``, ``.json`` (a list of objects, or lines), ``.csv``, ``.tsv`` or
            ``.parquet``; all but Parquet may end in ``.gz``.
        bad: counts rows that could not be read; without it one warning is logged at the end.

    Raises:
        LimbeckError: no such file, an unknown suffix, an unreadable or empty file, or not one readable row.
    """
    counter = BadRows() if bad is None else bad
    for file in _files(path):
        before, rows = counter.count, 0
        try:
            for row in _reader(file)(file, counter):
                rows += 1
                yield row
        except (OSError, EOFError, zlib.error, pa.ArrowException, csv.Error, UnicodeError) as error:
            raise LimbeckError(
                f"cannot read {file}{f' after row {rows}' if rows else ''}: {error}"
            ) from error
        if not rows:
            broken = counter.count - before
            raise LimbeckError(
                f"{file} holds no rows" if not broken else f"{file}: {counter.summary()}, none could"
            )
    if bad is None and counter.count:
        _LOG.warning(counter.summary())


def write_rows(path: str | Path, rows: Iterable[Row]) -> int:
    """Write rows as ``.jsonl``, ``.jsonl.gz`` or ``.parquet`` and return how many.

    The file appears under its name only when it is whole. Parquet columns take the type of their values; one
    of mixed types is written as text, with a warning, and empty mappings become null, for Parquet cannot hold
    them.

    Raises:
        LimbeckError: an unknown suffix, a full disk.
    """
    path = Path(path)
    suffix = _suffix(path)
    writers = {".jsonl": _write_lines, ".ndjson": _write_lines, ".parquet": _write_parquet}
    if suffix not in writers:
        raise unknown("file type", "".join(path.suffixes) or path.name, writers, str(path))
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        count = writers[suffix](partial, rows, path.suffix == ".gz")
        partial.replace(path)
    except OSError as error:
        raise LimbeckError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return count


def _suffix(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()


def _files(path: str | Path) -> list[Path]:
    path = Path(path)
    if path.is_file():
        return [path]
    files = sorted(entry for entry in map(Path, glob(str(path))) if entry.is_file())
    if not files:
        known = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise LimbeckError(f"no file at {path}{nearest(path.name, known)}")
    return files


def _reader(file: Path) -> Callable[[Path, BadRows], Iterator[Row]]:
    readers = {
        ".jsonl": _read_lines,
        ".ndjson": _read_lines,
        ".json": _read_json,
        ".csv": _read_csv,
        ".tsv": _read_csv,
        ".parquet": _read_parquet,
    }
    if (suffix := _suffix(file)) not in readers:
        raise unknown("file type", suffix or file.name, readers, str(file))
    return readers[suffix]


def _open(file: Path) -> IO[bytes]:
    return gzip.open(file) if file.suffix == ".gz" else file.open("rb")  # type: ignore[return-value]


def decode(line: bytes | str) -> Any:
    """JSON, also with the NaN and Infinity that Python writes; ValueError when it is neither."""
    try:
        return msgspec.json.decode(line)
    except msgspec.DecodeError:
        return json.loads(line)


def _read_lines(file: Path, bad: BadRows) -> Iterator[Row]:
    with _open(file) as lines:
        for number, line in enumerate(lines, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line.isspace() or not line:
                continue
            try:
                row = decode(line)
            except (ValueError, RecursionError) as error:
                bad.add(f"{file.name} row {number}", error)
                continue
            if isinstance(row, dict):
                yield row
            else:
                bad.add(f"{file.name} row {number}", f"an object is wanted, not {type(row).__name__}")


def _read_json(file: Path, bad: BadRows) -> Iterator[Row]:
    with _open(file) as stream:
        start = stream.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
        if not start.startswith(b"["):
            yield from _read_lines(file, bad)
            return
        text = start + stream.read()
    try:
        rows = decode(text)
    except (ValueError, RecursionError) as error:
        raise LimbeckError(f"{file} is not valid JSON: {error}") from error
    for number, row in enumerate(rows, 1):
        if isinstance(row, dict):
            yield row
        else:
            bad.add(f"{file.name} row {number}", f"an object is wanted, not {type(row).__name__}")


def _read_csv(file: Path, bad: BadRows) -> Iterator[Row]:
    with _open(file) as stream:
        # Bytes that are not UTF-8 come through as surrogates, so only the row that holds them is lost.
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
        for row in (rows := csv.DictReader(text, delimiter="\t" if _suffix(file) == ".tsv" else ",")):
            where = f"{file.name} line {rows.line_num}"
            if None in row or None in row.values():
                bad.add(where, f"{len(rows.fieldnames or ())} columns are wanted")
            elif any("\udc80" <= char <= "\udcff" for value in row.values() for char in value):
                bad.add(where, "not UTF-8")
            else:
                yield row


def _read_parquet(file: Path, bad: BadRows) -> Iterator[Row]:
    with pq.ParquetFile(file) as table:
        for batch in table.iter_batches(batch_size=CHUNK):
            try:
                yield from batch.to_pylist()
            except UnicodeDecodeError:
                # A text column of another tool may hold bytes that are not text; find the rows that do.
                for index in range(batch.num_rows):
                    try:
                        yield from batch.slice(index, 1).to_pylist()
                    except UnicodeDecodeError as error:
                        bad.add(f"{file.name} row {index + 1} of a batch", error)


def _write_lines(path: Path, rows: Iterable[Row], gzipped: bool) -> int:
    count = 0
    encoder = msgspec.json.Encoder()
    # No name and no time in the gzip header: equal rows give equal files.
    with path.open("wb") as file:
        target = gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) if gzipped else file
        for row in rows:
            target.write(encoder.encode(row) + b"\n")
            count += 1
        if gzipped:
            target.close()
    return count


def _write_parquet(path: Path, rows: Iterable[Row], gzipped: bool) -> int:
    if gzipped:
        raise LimbeckError("Parquet is compressed already; write .parquet without .gz")
    tables, stream, columns, mixed = [], iter(rows), dict[str, None](), dict[str, None]()
    while chunk := [_no_empty_mapping(row) for row in itertools.islice(stream, CHUNK)]:
        # Arrow takes the columns of the first row alone; a later row may bring more.
        columns.update(dict.fromkeys(name for row in chunk for name in row))
        arrays = {}
        for name in columns:
            values = [row.get(name) for row in chunk]
            try:
                arrays[name] = pa.array(values)
            except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
                arrays[name], mixed[name] = _as_text(values), None
        tables.append(pa.Table.from_pydict(arrays))
    whole = _joined(tables, mixed) if tables else pa.table({})
    if mixed:
        _LOG.warning(f"columns {', '.join(mixed)} hold values of mixed types and are written as text")
    pq.write_table(whole, path, compression="zstd")
    return int(whole.num_rows)


def _joined(tables: list[pa.Table], mixed: dict[str, None]) -> pa.Table:
    """One table; columns whose type changes from chunk to chunk become text."""
    for name in tables[-1].column_names:
        parts = [table.select([name]) for table in tables if name in table.column_names]
        try:
            pa.concat_tables(parts, promote_options="permissive")
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            mixed[name] = None
    for name in mixed:
        for index, table in enumerate(tables):
            if name in table.column_names and table.schema.field(name).type != pa.string():
                place = table.column_names.index(name)
                tables[index] = table.set_column(place, name, _as_text(table.column(name).to_pylist()))
    return pa.concat_tables(tables, promote_options="permissive")


def _as_text(values: list[Any]) -> pa.Array:
    return pa.array(
        [value if value is None or isinstance(value, str) else _json(value) for value in values], pa.string()
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _no_empty_mapping(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _no_empty_mapping(inner) for key, inner in value.items()} or None
    return [_no_empty_mapping(inner) for inner in value] if isinstance(value, list) else value
