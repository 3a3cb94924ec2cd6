"""Files of any tool's rows into problems, traces and pairs: in memory, or streamed into a folder of shards.

A file is cut into blocks of whole rows. Each block is read by itself, in a process of its own where the file
is large, and `limbeck.shapes.gathering` brings together what belongs to one problem.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError
from limbeck.pipeline import store
from limbeck.problems.ops import report_bad
from limbeck.records import Data
from limbeck.shapes.collecting import Collector
from limbeck.shapes.columns import part_of, plain
from limbeck.shapes.gathering import Gather, Part
from limbeck.shapes.roles import HEADS
from limbeck.shapes.table import Reading, reading
from limbeck.tables import CHUNK, BadRows, Block, Row, blocks, rows_in
from limbeck.tables.files import PACKED
from limbeck.tables.folders import sources

ALONE = 32 << 20
"""Bytes of text up to which worker processes are not worth their start."""
PACKED_BY = 4
"""Bytes of text in a byte of a compressed file, about."""


@dataclass
class Imported:
    """What an import did: how each file was read, rows that could not be used, counts of what came of the
    rest."""

    readings: dict[str, Reading] = field(default_factory=dict)
    bad: BadRows = field(default_factory=BadRows)
    rows: int = 0
    counts: dict[str, Any] = field(default_factory=dict)

    def told(self) -> list[str]:
        """How the files were read, for people; files that were read alike are told once."""
        alike: dict[tuple[str, ...], list[str]] = {}
        for file, how in self.readings.items():
            alike.setdefault(tuple(how.told()), []).append(file)
        if len(alike) == 1:
            return list(next(iter(alike)))
        return [line for lines, files in alike.items() for line in (f"{_some(files)}:", *lines)]

    def warnings(self) -> list[str]:
        """What should be looked at before the data is used."""
        warnings = list(dict.fromkeys(text for how in self.readings.values() for text in how.warnings()))
        if self.counts.get("problems") and not self.counts.get("references"):
            warnings.append("no row has a reference answer; no verifier of answers can judge these traces")
        return warnings + ([self.bad.summary()] if self.bad.count else [])


def _some(files: list[str]) -> str:
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"


def import_rows(
    path: str | Path,
    shape: str = "auto",
    *,
    verifier: str = "math",
    format: str = "",
    columns: Mapping[str, str] | None = None,
    limit: int = 0,
    told: Callable[[Imported], None] | None = None,
) -> Data:
    """Read a file of another tool's rows, or a folder of Limbeck's own, into memory.

    Rows with the same question come under one problem. Unusable rows are counted and reported in one warning.

    Args:
        path: a file of a kind that `limbeck.tables` reads, a folder of such, or a glob.
        shape: a name in `SHAPES`, or ``auto`` to tell by columns and values.
        verifier: what should check answers to these problems, unless the rows say it themselves.
        format: how reasoning and answer make a text (a file of `limbeck.formats`); empty: by think tags.
        columns: role to column, where names do not tell: ``{"reference": "expected"}``.
        limit: read no more rows than this; 0 reads all.
        told: is given how the file was read; without it, bad rows are logged.

    Raises:
        LimbeckError: no such file or shape, no column that is the question, or not one usable row.
    """
    if is_folder_of_data(path):
        return store.read_data(Path(path)).all()
    done = Imported()
    given = {"shape": shape, "verifier": verifier, "format": format, "columns": columns}
    return _in_memory(blocks(path, done.bad), done, given, limit, str(path), told)


def from_rows(
    rows: Iterable[Row],
    shape: str = "auto",
    *,
    verifier: str = "math",
    format: str = "",
    columns: Mapping[str, str] | None = None,
    limit: int = 0,
    told: Callable[[Imported], None] | None = None,
    where: str = "the rows",
) -> Data:
    """Rows that are in memory already, as `import_rows` reads them from a file; arguments as there.

    Args:
        where: what errors call the rows.

    Raises:
        LimbeckError: as `import_rows`.
    """
    done = Imported()
    given = {"shape": shape, "verifier": verifier, "format": format, "columns": columns}
    return _in_memory(_cut(rows, where, done.bad), done, given, limit, where, told)


def _cut(rows: Iterable[Row], where: str, bad: BadRows) -> Iterator[Block]:
    """Rows in memory as the blocks of a file; what is no row is counted."""
    stream = enumerate(rows, 1)
    while chunk := list(islice(stream, CHUNK)):
        for number, row in chunk:
            if not isinstance(row, dict):
                bad.add(f"{where} row {number}", f"a mapping is wanted, not {type(row).__name__}")
        yield Block(where, chunk[0][0], [each for each in chunk if isinstance(each[1], dict)], "rows")


def _in_memory(
    pieces: Iterable[Block],
    done: Imported,
    given: dict[str, Any],
    limit: int,
    where: str,
    told: Callable[[Imported], None] | None,
) -> Data:
    """The data of all blocks, or of the first ``limit`` rows; what can be told of them goes to ``done``."""
    collector = Collector()
    for block, how, prefix in _planned(pieces, done, given):
        rows = islice(rows_in(block, done.bad), limit - done.rows if limit else None)
        done.rows += _read(rows, block.file, how, prefix, collector, done.bad)
        if limit and done.rows >= limit:
            break
    data = collector.finished()
    _need_rows(len(data.problems), where, done.bad)
    done.counts = {
        "problems": len(data.problems),
        "references": sum(it.answer is not None for it in data.problems),
    }
    if told:
        told(done)
    else:
        report_bad(done.bad, None)
    return data


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
    block_size: int = 4 << 20,
) -> Imported:
    """Read files of another tool's rows into a folder of shards, in bounded memory; arguments as
    `import_rows`.

    Args:
        workers: processes that read blocks; None: one per core for large files, else none.
        heard: is called with the number of rows of every block.

    Raises:
        LimbeckError: as `import_rows`; what was written so far has no manifest and so is no data.
    """
    if workers is None:
        workers = (os.cpu_count() or 1) if _bytes(path) > ALONE else 0
    done, gather = Imported(), Gather(out)
    given = {"shape": shape, "verifier": verifier, "format": format, "columns": columns}
    planned = _planned(blocks(path, done.bad, block_size), done, given)
    for part in _parts(planned, workers, limit, out / ".parts"):
        gather.add(part)
        done.bad.merge(part.bad)
        done.rows += part.rows
        if heard:
            heard(part.rows)
    done.counts = gather.close(done.bad)
    _need_rows(done.counts["problems"], path, done.bad)
    return done


def is_folder_of_data(path: str | Path) -> bool:
    """Whether a folder holds Limbeck's own data.

    Raises:
        LimbeckError: it does, and what wrote it was interrupted.
    """
    folder = Path(path)
    if not folder.is_dir() or not next(folder.glob("*.problems.parquet"), None):
        return False
    if store.read_manifest(folder) is None:
        raise LimbeckError(f"what made {folder} was interrupted; run it again")
    return True


def _need_rows(count: int, path: str | Path, bad: BadRows) -> None:
    if not count:
        raise LimbeckError(f"{path}: {bad.summary() if bad.count else 'no rows'}")


def _planned(
    pieces: Iterable[Block], done: Imported, given: dict[str, Any]
) -> Iterator[tuple[Block, Reading, str]]:
    """Every block with how its file is read, which is decided by the file's first rows, and what its rows are
    called."""
    several = ""
    for block in pieces:
        if block.file not in done.readings:
            heads = [row for _, row in islice(rows_in(block, BadRows()), HEADS)]
            if not heads:
                continue
            done.readings[block.file] = reading(heads, **given, where=block.file)
            several = f"file-{len(done.readings)}-" if len(done.readings) > 1 else ""
        yield block, done.readings[block.file], several


def _read(
    rows: Iterable[tuple[int, Row]], file: str, how: Reading, prefix: str, into: Collector, bad: BadRows
) -> int:
    """Rows of a file into a collector; returns how many there were. A bad row is counted."""
    count = 0
    for number, row in rows:
        count += 1
        name = f"{prefix}row-{number}"
        try:
            into.add(*how.records(row, name, number), name)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"no column {error}" if isinstance(error, KeyError) else error
            bad.add(f"{file} row {number}", why)
    return count


def _part(block: Block, how: Reading, prefix: str, limit: int) -> Part:
    """A block's records as tables: what a worker process does."""
    collector, bad = Collector(), BadRows()
    # Records make no cycles; looking for some, again and again, takes a third of the time.
    was = gc.isenabled()
    gc.disable()
    try:
        rows: Iterable[tuple[int, Row]] = islice(rows_in(block, bad), limit or None)
        if plain(how) and (part := part_of(rows := [*rows], how, prefix, bad)):
            return part
        return Part.of(collector, _read(rows, block.file, how, prefix, collector, bad), bad)
    finally:
        if was:
            gc.enable()


def _parts(
    planned: Iterator[tuple[Block, Reading, str]], workers: int, limit: int, folder: Path
) -> Iterator[Part]:
    """Every block's part, in order; of the first ``limit`` rows, if it is not 0."""
    if workers and not limit:
        yield from _side_by_side(planned, workers, folder)
        return
    rest = limit
    for block, how, prefix in planned:
        part = _part(block, how, prefix, rest)
        yield part
        rest -= part.rows if limit else 0
        if limit and not rest:
            return


def _side_by_side(
    planned: Iterator[tuple[Block, Reading, str]], workers: int, folder: Path
) -> Iterator[Part]:
    """Parts made by worker processes, which leave the tables in files: a pipe would copy them four times."""
    # As in `limbeck.checkers.workers`: forked, they need no import of their own, nor one of the caller's main
    # script. No thread of ours that computes is there yet.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_in_worker)
    waiting: deque[Future[Part]] = deque()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        for count, (block, how, prefix) in enumerate(planned):
            waiting.append(pool.submit(_stored_part, block.light(), how, prefix, folder / f"{count}.arrow"))
            if len(waiting) > workers + 1:
                yield waiting.popleft().result().fetched()
        while waiting:
            yield waiting.popleft().result().fetched()
    except BrokenProcessPool as error:
        raise LimbeckError("a process that read rows was killed, perhaps for want of memory") from error
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)


def _stored_part(block: Block, how: Reading, prefix: str, file: Path) -> Part:
    return _part(block, how, prefix, 0).stored(file)


def _in_worker() -> None:
    """An interrupt is the parent's to answer; without a parent there is nobody to work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _bytes(path: str | Path) -> int:
    """Bytes of text, about, of all files that a path means."""
    files = [source.path for source in sources(path)]
    return sum(file.stat().st_size * (PACKED_BY if file.suffix.lower() in PACKED else 1) for file in files)
