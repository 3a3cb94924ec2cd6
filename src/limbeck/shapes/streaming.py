"""Files of any tool's rows streamed into a folder of shards, in bounded memory.

A file is cut into blocks of whole rows. Each block is read by itself, in a process of its own where the file
is large, and `limbeck.shapes.gathering` brings together what belongs to one problem: the records are those of
the file read as one block, whatever the size of blocks (but for rows so large that `importing.HEAD_BYTES` end
the look at a file's first rows).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from limbeck.pipeline.arrow import uncollected
from limbeck.processes import cores, in_order
from limbeck.shapes.collecting import Apart
from limbeck.shapes.columns import part_in, part_of, plain
from limbeck.shapes.gathering import Gather
from limbeck.shapes.importing import Imported, Planned, need_rows, planned, read_into
from limbeck.shapes.parts import Part
from limbeck.shapes.table import Reading
from limbeck.tables import BadRows, Block, Row, blocks, rows_in
from limbeck.tables.files import PACKED
from limbeck.tables.folders import sources

ALONE = 32 << 20
"""Bytes of text up to which worker processes are not worth their start."""
PACKED_BY = 4
"""Bytes of text in a byte of a compressed file, about."""


def import_files(
    path: str | Path,
    out: Path,
    shape: str = "auto",
    *,
    verifier: str = "math",
    format: str = "",
    columns: Mapping[str, str] | None = None,
    limit: int = 0,
    workers: int | None = None,
    heard: Callable[[int], None] | None = None,
    block_size: int = 0,
) -> Imported:
    """Read files of another tool's rows into a folder of shards, in bounded memory; arguments as
    `import_rows`.

    Args:
        workers: processes that read blocks; None: one per core for large files, else none.
        heard: is called with the number of rows of every block.
        block_size: bytes of a block; 0: what is best for so many workers.

    Raises:
        LimbeckError: as `import_rows`; what was written so far has no manifest and so is no data.
    """
    if workers is None:
        workers = cores() if is_large(path) else 0
    done, gather = Imported(), Gather(out)
    given = {"shape": shape, "verifier": verifier, "format": format, "columns": columns}
    block_size = block_size or (16 << 20 if workers else 4 << 20)
    pieces = planned(blocks(path, done.bad, block_size), done, given)
    with closing(gather), closing(_parts(pieces, workers, limit, gather)) as parts:
        for part in parts:
            gather.add(part)
            done.bad.merge(part.bad)
            done.rows += part.rows
            if heard:
                heard(part.rows)
        done.counts = gather.finish(done.bad)
    need_rows(done.counts["problems"], path, done.bad)
    return done


def _part(block: Block, how: Reading, prefix: str, limit: int) -> list[Part]:
    """A block's records as tables: what a worker process does."""
    apart, bad = Apart(), BadRows()
    with uncollected():
        if not limit and (part := part_in(block, how, prefix, bad)):
            return [part]
        rows: Iterable[tuple[int, Row]] = islice(rows_in(block, bad), limit or None)
        if plain(how) and (part := part_of(rows := [*rows], how, prefix, bad)):
            return [part]
        count = read_into(rows, block.file, how, prefix, apart, bad)
        first, *others = apart.collectors
        return [Part.of(first, count, bad), *(Part.of(other, 0, BadRows()) for other in others)]


def _parts(pieces: Iterator[Planned], workers: int, limit: int, gather: Gather) -> Generator[Part]:
    """Every block's part, in order; of the first ``limit`` rows, if it is not 0."""
    if workers and not limit:
        yield from _side_by_side(pieces, workers, gather)
        return
    rest = limit
    for block, how, prefix in pieces:
        made = _part(block, how, prefix, rest)
        yield from made
        rest -= made[0].rows if limit else 0
        if limit and not rest:
            return


def _side_by_side(pieces: Iterator[Planned], workers: int, gather: Gather) -> Generator[Part]:
    """Parts made by worker processes, which leave the tables in files: a pipe would copy them four times.

    Until a problem comes again in another block, a block that is large enough makes a shard."""
    pa.array([])  # Arrow looks for pandas at its first array: once here, not once in every worker
    calls = _calls(pieces, gather)
    for parts in in_order(_stored_parts, calls, workers):
        yield from parts


def _calls(pieces: Iterator[Planned], gather: Gather) -> Iterator[tuple[Any, ...]]:
    for number, (block, how, prefix) in enumerate(pieces):
        yield block, how, prefix, gather.parts / str(number), not gather.mixed


def _stored_parts(block: Block, how: Reading, prefix: str, file: Path, may_be_shard: bool) -> list[Part]:
    made = _part(block, how, prefix, 0)
    may_be_shard = may_be_shard and len(made) == 1
    return [part.stored(file.with_suffix(f".{number}"), may_be_shard) for number, part in enumerate(made)]


def is_large(path: str | Path) -> bool:
    """Whether all files that a path means hold so much text that worker processes are worth their start."""
    files = [source.path for source in sources(path)]
    return (
        sum(file.stat().st_size * (PACKED_BY if file.suffix.lower() in PACKED else 1) for file in files)
        > ALONE
    )
