"""Parquet and Arrow: read in batches that travel as Arrow, and become plain values last."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.tables.rows import CHUNK, BadRows, Block, Row, unique


def parquet_blocks(file: str, size: int) -> Iterator[Block]:
    """Batches of about ``size`` bytes, whatever the row groups are."""
    # Without a buffer a whole column of a row group is read at once, and some files are one row group.
    with pq.ParquetFile(file, buffer_size=1 << 20) as table:
        groups = map(table.metadata.row_group, range(table.num_row_groups))
        weight = sum(group.total_byte_size for group in groups) // max(table.metadata.num_rows, 1)
        first = 1
        for batch in table.iter_batches(batch_size=max(min(size // max(weight, 1), 10 * CHUNK), 1)):
            yield _block(file, first, batch)
            first += batch.num_rows


def arrow_blocks(file: str, size: int, split: str) -> Iterator[Block]:
    """Batches of about ``size`` bytes of an Arrow file or stream: both are called ``.arrow``.

    Args:
        split: value of a column of this name, where the file has none; empty: none is added.
    """
    with pa.memory_map(file) as source:
        first = 1
        for table in _batches(source):
            if split and "split" not in table.schema.names:
                table = table.append_column("split", pa.repeat(split, table.num_rows))
            rows = max(table.num_rows * size // max(table.nbytes, 1), 1)
            for start in range(0, table.num_rows, rows):
                batch = table.slice(start, rows)
                yield _block(file, first, batch)
                first += batch.num_rows


def _batches(source: pa.NativeFile) -> Iterator[pa.RecordBatch]:
    head = source.read(6)
    source.seek(0)
    if head == b"ARROW1":
        file = pa.ipc.open_file(source)
        yield from map(file.get_batch, range(file.num_record_batches))
    else:
        yield from pa.ipc.open_stream(source)


def _block(file: str, first: int, batch: pa.RecordBatch) -> Block:
    # A pickled slice takes along all that it was cut from; a stream holds the slice alone.
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return Block(file, first, sink.getvalue().to_pybytes(), "arrow")


def rows_in(block: Block, bad: BadRows) -> Iterator[tuple[int, Row]]:
    """The rows of a batch as plain values."""
    table = pa.ipc.open_stream(block.content).read_all()
    names = unique(table.schema.names)
    odd = [name for name, field in zip(names, table.schema, strict=True) if not _is_plain(field.type)]
    table = pa.table([_microseconds(column) for column in table.columns], names)
    try:
        rows = _plain_rows(table, odd)
    except (ValueError, OverflowError):
        pass
    else:
        yield from enumerate(rows, block.first)
        return
    # A column may hold a value that Python has none for, such as a text of another tool that is no text.
    for index in range(table.num_rows):
        try:
            yield block.first + index, _plain_rows(table.slice(index, 1), odd)[0]
        except (ValueError, OverflowError) as error:
            bad.add(f"{block.name} row {block.first + index}", error)


def _plain_rows(table: pa.Table, odd: list[str]) -> list[Row]:
    rows: list[Row] = table.to_pylist()
    for name in odd:
        is_map = pa.types.is_map(table.schema.field(name).type)
        for row in rows:
            row[name] = {} if is_map and row[name] == [] else plain(row[name])
    return rows


def _is_plain(kind: pa.DataType) -> bool:
    """Whether Python's values of a type are those of JSON."""
    types = pa.types
    if types.is_struct(kind):
        return all(_is_plain(field.type) for field in kind)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    numeric = types.is_integer(kind) or types.is_float32(kind) or types.is_float64(kind)
    return (
        numeric or types.is_boolean(kind) or types.is_null(kind) or kind in (pa.string(), pa.large_string())
    )


def _microseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with times in microseconds, the finest that Python has; whole nanoseconds as text."""
    try:
        return column.cast(_finest(column.type, pa.timestamp("us", getattr(column.type, "tz", None))))
    except pa.ArrowInvalid:
        return column.cast(_finest(column.type, pa.string()))


def _finest(kind: pa.DataType, times: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.ExtensionType | pa.BaseExtensionType):
        return kind
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_finest(field.type, times)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_finest(kind.value_type, times)))
    return times if pa.types.is_timestamp(kind) and kind.unit == "ns" else kind


def plain(value: Any) -> Any:
    """A value of Arrow as one of JSON: times in ISO 8601, decimals as text, which keeps their digits.

    Raises:
        ValueError: bytes that are no text.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {str(plain(key)): plain(inner) for key, inner in value.items()}
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, list) and value and isinstance(value[0], tuple):  # a map
        return {str(plain(key)): plain(inner) for key, inner in value}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return plain(value.item()) if hasattr(value, "item") else str(value)
