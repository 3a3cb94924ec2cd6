"""Parquet and Arrow: read in batches that travel as Arrow, and become plain values last."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.tables.rows import CHUNK, BadRows, Block, Row


def parquet_blocks(file: str, size: int) -> Iterator[Block]:
    """Batches of about ``size`` bytes, whatever the row groups are."""
    # Without a buffer a whole column of a row group is read at once, and some files are one row group.
    with pq.ParquetFile(file, buffer_size=1 << 20) as table:
        groups = [table.metadata.row_group(index) for index in range(table.num_row_groups)]
        weight = sum(group.total_byte_size for group in groups) // max(table.metadata.num_rows, 1)
        first = 1
        for batch in table.iter_batches(batch_size=max(min(size // max(weight, 1), 10 * CHUNK), 1)):
            yield _block(file, first, batch)
            first += batch.num_rows


def arrow_blocks(file: str, size: int) -> Iterator[Block]:
    """Batches of about ``size`` bytes of an Arrow file or stream: both are called ``.arrow``."""
    with pa.memory_map(file) as source:
        first = 1
        for whole in _batches(source):
            rows = max(whole.num_rows * size // max(whole.nbytes, 1), 1)
            for start in range(0, whole.num_rows, rows):
                batch = whole.slice(start, rows)
                yield _block(file, first, batch)
                first += batch.num_rows


def _batches(source: pa.NativeFile) -> Iterator[pa.RecordBatch]:
    if source.read(6) == b"ARROW1":
        file = pa.ipc.open_file(source)
        yield from map(file.get_batch, range(file.num_record_batches))
    else:
        source.seek(0)
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
    try:
        rows = table.to_pylist()
    except (ValueError, OverflowError):
        rows = None
    if rows is not None:
        yield from enumerate(rows, block.first)
        return
    # A column may hold a value that Python has none for, such as a text of another tool that is no text.
    for index in range(table.num_rows):
        try:
            yield block.first + index, table.slice(index, 1).to_pylist()[0]
        except (ValueError, OverflowError) as error:
            bad.add(f"{block.name} row {block.first + index}", error)
