"""Files of rows, written one row at a time."""

from __future__ import annotations

import gzip
import itertools
import json
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.errors import LimbeckError, unknown
from limbeck.tables.files import suffix
from limbeck.tables.rows import CHUNK, Row

_LOG = logging.getLogger("limbeck")


def write_rows(path: str | Path, rows: Iterable[Row]) -> int:
    """Write rows as ``.jsonl``, ``.jsonl.gz`` or ``.parquet`` and return how many.

    The file appears under its name only when it is whole. Parquet columns take the type of their values; one
    of mixed types is written as text, with a warning, and empty mappings become null, for Parquet cannot hold
    them.

    Raises:
        LimbeckError: an unknown suffix, a full disk.
    """
    path = Path(path)
    ending = suffix(path)
    writers = {".jsonl": _write_lines, ".ndjson": _write_lines, ".parquet": _write_parquet}
    if ending not in writers:
        raise unknown("file type", "".join(path.suffixes) or path.name, writers, str(path))
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        count = writers[ending](partial, rows, path.suffix == ".gz")
        partial.replace(path)
    except OSError as error:
        raise LimbeckError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return count


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
