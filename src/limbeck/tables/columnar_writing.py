"""Rows to Parquet and Arrow in bounded memory, though later rows may bring columns and types of their own."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.tables.rows import CHUNK, Row, as_json, whole

GROUP = 32 << 20
"""Bytes that are written at once, as a row group."""
ROWS = 100
"""So many times `CHUNK` rows are written at once, where they have fewer bytes."""
WIDEST = 1000
"""Keys in a column of mappings; with more the keys are values themselves, and the column becomes text."""
DEEPEST = 50
"""Lists and mappings in each other; what lies deeper becomes text."""
_LOG = logging.getLogger("limbeck")
_NOT_ONE_TYPE = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError)


def write_columns(path: Path, rows: Iterable[Row], parquet: bool) -> int:
    """Write rows to a Parquet or an Arrow file and return how many.

    What is written has the columns and types of the rows so far. Where later rows bring others, another part
    is begun beside it, and in the end all parts are written once more under the schema that holds them all.
    """
    parts, count, stream, take = _Parts(path, parquet), 0, iter(rows), 100
    while chunk := [_no_empty_mapping(row) for row in itertools.islice(stream, take)]:
        count += len(chunk)
        weight = parts.add(chunk)
        take = max(min(GROUP // 4 // max(weight, 1), CHUNK), 1)
    parts.finish()
    return count


class _Parts:
    """Files that hold the rows so far, the last of them still open."""

    def __init__(self, path: Path, parquet: bool):
        self._path, self._parquet = path, parquet
        self._schema = pa.schema([])
        self._mixed: dict[str, None] = {}
        self._waiting: list[pa.Table] = []
        self._files: list[Path] = []
        self._numbers = itertools.count()
        self._writer: Any = None
        self._written = self._schema
        """Schema of the file that is open, or was the last to be."""

    def add(self, rows: list[Row]) -> int:
        """Take rows; returns how many bytes each takes, about."""
        # Arrow takes the columns of the first row alone; a later row may bring more.
        columns = dict.fromkeys([*self._schema.names, *(name for row in rows for name in row)])
        table = pa.table({name: self._array(name, [row.get(name) for row in rows]) for name in columns})
        self._widen(table.schema)
        self._waiting.append(table)
        if sum(each.nbytes for each in self._waiting) > GROUP or len(self._waiting) >= ROWS:
            self._flush()
        return int(table.nbytes) // len(rows)

    def _array(self, name: str, values: list[Any]) -> pa.Array:
        if name not in self._mixed:
            try:
                return _typed(values)
            except _NOT_ONE_TYPE:
                self._mixed[name] = None
        return _as_text(values)

    def _widen(self, schema: pa.Schema) -> None:
        """Make the schema hold another's columns too; those for which no type does become text."""
        for field in schema:
            place = self._schema.get_field_index(field.name)
            if place < 0:
                self._schema = self._schema.append(field)
                place = len(self._schema) - 1
            sides = [pa.schema([each]) for each in (self._schema.field(place), field)]
            try:
                both = pa.unify_schemas(sides, promote_options="permissive").field(0)
            except _NOT_ONE_TYPE:
                both = None
            if both is None or _width(both.type) > WIDEST:
                self._to_text(field.name)
            else:
                self._schema = self._schema.set(place, both)

    def _to_text(self, name: str) -> None:
        self._mixed[name] = None
        self._schema = self._schema.set(self._schema.get_field_index(name), pa.field(name, pa.string()))

    def _fitted(self, tables: list[pa.Table]) -> pa.Table:
        """One table of the schema so far, which gets wider where a value fits no type of a column."""
        while True:
            known = {name for table in tables for name in table.column_names} & self._mixed.keys()
            tables = [_with_text(table, known) for table in tables]
            try:
                return pa.concat_tables([self._schema.empty_table(), *tables], promote_options="permissive")
            except _NOT_ONE_TYPE:
                # An integer, say, that a column of floats cannot hold.
                for name in self._schema.names:
                    self._try(name, [table.select([name]) for table in tables if name in table.column_names])

    def _try(self, name: str, columns: list[pa.Table]) -> None:
        empty = self._schema.empty_table().select([name])
        try:
            pa.concat_tables([empty, *columns], promote_options="permissive")
        except _NOT_ONE_TYPE:
            self._to_text(name)

    def _flush(self) -> None:
        table, self._waiting = self._fitted(self._waiting).combine_chunks(), []
        if self._writer is None or table.schema != self._written:
            self._close()
            self._files.append(self._path.with_name(f"{self._path.name}.{next(self._numbers)}"))
            self._writer, self._written = self._opened(self._files[-1], table.schema), table.schema
        self._writer.write_table(table)

    def _opened(self, path: Path, schema: pa.Schema) -> Any:
        if self._parquet:
            return pq.ParquetWriter(path, schema, compression="zstd")
        return pa.ipc.new_file(str(path), schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def finish(self) -> None:
        """Bring everything under the file's name and tell of columns that became text."""
        if self._waiting or not self._files:
            self._flush()
        self._close()
        while not self._is_one():
            self._rewrite()
        self._files[0].replace(self._path)
        if self._mixed:
            names = ", ".join(self._mixed)
            _LOG.warning(f"columns {names} hold values of mixed types or keys and are written as text")

    def _is_one(self) -> bool:
        return len(self._files) == 1 and self._written == self._schema

    def _rewrite(self) -> None:
        """All rows once more; where that widens the schema still, there are several parts again."""
        files, self._files = self._files, []
        for file in files:
            for table in _groups(file, self._parquet):
                self._waiting = [table]
                self._flush()
            file.unlink()
        self._close()


def _groups(file: Path, parquet: bool) -> Iterator[pa.Table]:
    if parquet:
        with pq.ParquetFile(file) as table:
            yield from map(table.read_row_group, range(table.num_row_groups))
        return
    with pa.memory_map(str(file)) as source:
        batches = pa.ipc.open_file(source)
        for index in range(batches.num_record_batches):
            yield pa.table(batches.get_batch(index))


def _typed(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except UnicodeEncodeError:
        return pa.array(whole(values))


def _with_text(table: pa.Table, names: Iterable[str]) -> pa.Table:
    """The table with some columns as text."""
    for name in names:
        place = table.schema.get_field_index(name)
        if place >= 0 and table.schema.field(place).type != pa.string():
            table = table.set_column(place, name, _as_text(table.column(place).to_pylist()))
    return table


def _as_text(values: list[Any]) -> pa.Array:
    texts = [value if value is None or isinstance(value, str) else as_json(value) for value in values]
    return pa.array(whole(texts), pa.string())


def _width(kind: pa.DataType) -> int:
    """How many columns a type is stored in."""
    inner = [kind.field(index).type for index in range(kind.num_fields)]
    return sum(map(_width, inner)) if inner else 1


def _no_empty_mapping(value: Any, depth: int = 0) -> Any:
    if depth > DEEPEST:
        return as_json(value)
    if isinstance(value, dict):
        return {key: _no_empty_mapping(inner, depth + 1) for key, inner in value.items()} or None
    return [_no_empty_mapping(inner, depth + 1) for inner in value] if isinstance(value, list) else value
