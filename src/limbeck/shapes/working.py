"""Blocks into parts: here, or side by side in worker processes."""

from __future__ import annotations

import gc
import multiprocessing
import os
import shutil
import signal
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from pathlib import Path

from limbeck.errors import LimbeckError
from limbeck.shapes.collecting import Apart, Collector
from limbeck.shapes.columns import part_of, plain
from limbeck.shapes.gathering import Part
from limbeck.shapes.table import Reading
from limbeck.tables import BadRows, Block, Row, rows_in

Planned = tuple[Block, Reading, str]
"""A block, how its file is read, and what its rows' names begin with."""


def read_into(
    rows: Iterable[tuple[int, Row]],
    file: str,
    how: Reading,
    prefix: str,
    into: Collector | Apart,
    bad: BadRows,
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


def _part(block: Block, how: Reading, prefix: str, limit: int) -> list[Part]:
    """A block's records as tables: what a worker process does."""
    apart, bad = Apart(), BadRows()
    # Records make no cycles; looking for some, again and again, takes a third of the time.
    was = gc.isenabled()
    gc.disable()
    try:
        rows: Iterable[tuple[int, Row]] = islice(rows_in(block, bad), limit or None)
        if plain(how) and (part := part_of(rows := [*rows], how, prefix, bad)):
            return [part]
        count = read_into(rows, block.file, how, prefix, apart, bad)
        first, *others = apart.collectors
        return [Part.of(first, count, bad), *(Part.of(other, 0, BadRows()) for other in others)]
    finally:
        if was:
            gc.enable()


def parts(planned: Iterator[Planned], workers: int, limit: int, folder: Path) -> Generator[Part]:
    """Every block's part, in order; of the first ``limit`` rows, if it is not 0."""
    if workers and not limit:
        yield from _side_by_side(planned, workers, folder)
        return
    rest = limit
    for block, how, prefix in planned:
        made = _part(block, how, prefix, rest)
        yield from made
        rest -= made[0].rows if limit else 0
        if limit and not rest:
            return


def _side_by_side(planned: Iterator[Planned], workers: int, folder: Path) -> Generator[Part]:
    """Parts made by worker processes, which leave the tables in files: a pipe would copy them four times."""
    # As in `limbeck.checkers.workers`: forked, they need no import of their own, nor one of the caller's main
    # script. No thread of ours that computes is there yet.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_in_worker)
    waiting: deque[Future[list[Part]]] = deque()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        for count, (block, how, prefix) in enumerate(planned):
            waiting.append(pool.submit(_stored_parts, block.light(), how, prefix, folder / str(count)))
            if len(waiting) > workers + 1:
                yield from _fetched(waiting.popleft())
        while waiting:
            yield from _fetched(waiting.popleft())
    except BrokenProcessPool as error:
        raise LimbeckError("a process that read rows was killed, perhaps for want of memory") from error
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)


def _stored_parts(block: Block, how: Reading, prefix: str, file: Path) -> list[Part]:
    made = enumerate(_part(block, how, prefix, 0))
    return [part.stored(file.with_suffix(f".{number}")) for number, part in made]


def _fetched(made: Future[list[Part]]) -> Iterator[Part]:
    return map(Part.fetched, made.result())


def _in_worker() -> None:
    """An interrupt is the parent's to answer; without a parent there is nobody to work for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
