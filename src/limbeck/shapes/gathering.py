"""Parts of a stream brought together: every problem once, with all its traces and pairs, in bounded memory.

Problems are told apart by 64 bits of their ids, which is all that is kept of those already written: 12 bytes
a problem. What comes of a problem whose shard is closed waits on disk and is merged into it at the end.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from limbeck.pipeline import counting, store
from limbeck.pipeline.arrow import Tables, from_tables, to_tables
from limbeck.records import Data
from limbeck.shapes.collecting import LACKS, Collector
from limbeck.shapes.parts import SHARD_BYTES, Keys, Part
from limbeck.tables import BadRows

LATE_BYTES = 32 << 20
"""What comes too late for its shard is written out at so many bytes."""
BUCKETS = 64
"""Files that late records wait in; each holds those of some shards, and is read as a whole."""
WRITERS = 3
"""Shards written at a time: most of the time of each is the disk's."""
RUN = 1 << 20
"""A run of more keys is not merged any more, for that takes several times its memory."""


@dataclass
class Known:
    """Keys and a number for each, in sorted runs that grow by merging: little memory, looked up in bulk."""

    runs: list[tuple[Keys, npt.NDArray[np.int32]]] = field(default_factory=list)

    def look_up(self, keys: Keys) -> npt.NDArray[np.int32]:
        """The number of each key, -1 where it is new."""
        numbers = np.full(len(keys), -1, dtype=np.int32)
        for held, values in self.runs:
            places = np.minimum(np.searchsorted(held, keys), len(held) - 1)
            same = held[places] == keys
            numbers[same] = values[places[same]]
        return numbers

    def add(self, keys: Keys, number: int) -> None:
        """Remember new keys under one number."""
        if not len(keys):
            return
        order = np.argsort(keys)
        run = keys[order], np.full(len(keys), number, dtype=np.int32)
        while self.runs and len(self.runs[-1][0]) <= min(2 * len(run[0]), RUN):
            held, values = self.runs.pop()
            both = np.concatenate([held, run[0]])
            order = np.argsort(both, kind="stable")
            run = both[order], np.concatenate([values, run[1]])[order]
        self.runs.append(run)


class Gather:
    """Writes parts as the shards of a folder."""

    def __init__(self, folder: Path) -> None:
        store.clear(folder)
        self.folder = folder
        self.parts = folder / ".parts"
        """Where other processes leave their tables."""
        shutil.rmtree(self.parts, ignore_errors=True)
        self.parts.mkdir()
        self.index = 0
        self.open: list[Tables] = []
        self.again = self.mixed = False
        self.problems = self.bytes = 0
        self.known, self.ids = Known(), Known()
        self.late = _Late(folder / ".late")
        self.counts = counting.Counts()
        self.bad = BadRows()
        self.writer = ThreadPoolExecutor(WRITERS)
        self.written: deque[Future[None]] = deque()

    def add(self, part: Part) -> None:
        """Take a part; a shard that is full is written."""
        shards = self.known.look_up(part.keys)
        new = shards < 0
        if part.counted and new.all() and not (self.ids.look_up(part.ids) >= 0).any():
            self._take_over(part)
            return
        tables = self._with_ids_of_their_own(part)
        self.known.add(part.keys[new], self.index)
        closed = ~new & (shards != self.index)
        if closed.any():
            self.late.add(_chosen(tables, pa.array(closed)), shards[closed])
            tables = _chosen(tables, pa.array(~closed))
        self.again |= part.lacking or bool((~new & ~closed).any())
        self.mixed |= not new.all()
        self.open.append(tables)
        self.problems += tables["problems"].num_rows
        self.bytes += sum(table.nbytes for table in tables.values())
        if self.problems >= store.SHARD_PROBLEMS or self.bytes >= SHARD_BYTES:
            self._shut()

    def _with_ids_of_their_own(self, part: Part) -> Tables:
        """A part whose traces have ids that none before them has."""
        taken = self.ids.look_up(part.ids) >= 0
        self.ids.add(part.ids[~taken], 0)
        tables = part.fetched()
        if not taken.any():
            return tables
        # An id that comes again, the question's often, gets its row's name too.
        again = {id_: f"{id_}#{part.named[id_]}" for id_, old in zip(part.named, taken, strict=True) if old}
        return _renamed(tables, again)

    def _take_over(self, part: Part) -> None:
        """A part that shares no problem with those before, and makes a shard."""
        if self.open:
            self._shut()
        assert part.counted
        self.known.add(part.keys, self.index)
        self.ids.add(part.ids, 0)
        self.counts.of_shards[self.index] = part.counted
        self._submit(store.take_over, self.folder, self.index, part.files())
        self.index += 1

    def _shut(self) -> None:
        self._write(self.index, _merged(self.open, self.bad) if self.again else _joined(self.open))
        self.index += 1
        self.open, self.again, self.problems, self.bytes = [], False, 0, 0

    def _write(self, index: int, tables: Tables) -> None:
        self.counts.put(index, tables)
        self._submit(store.write_tables, self.folder, index, tables)

    def _submit(self, work: Callable[..., None], *given: Any) -> None:
        if len(self.written) == WRITERS:
            self.written.popleft().result()
        self.written.append(self.writer.submit(work, *given))

    def _all_written(self) -> None:
        while self.written:
            self.written.popleft().result()

    def close(self) -> None:
        """Let go of what is at work and of what waits on disk."""
        self.writer.shutdown()
        self.late.remove()
        shutil.rmtree(self.parts, ignore_errors=True)

    def finish(self, bad: BadRows) -> dict[str, Any]:
        """Write what is left; returns the counts of everything written."""
        if self.open or not self.index:
            self.open = self.open or [to_tables(Data())]
            self._shut()
        self._all_written()
        for index, parts in self.late.by_shard():
            self._write(index, _merged([store.read_tables(self.folder, index), *parts], self.bad))
        self._all_written()
        bad.merge(self.bad)
        return self.counts.total()


def _joined(parts: list[Tables]) -> Tables:
    return {name: pa.concat_tables([part[name] for part in parts]) for name in parts[0]}


def _merged(parts: list[Tables], bad: BadRows) -> Tables:
    """Parts in which problems come again, as one: every problem once, its traces behind one another."""
    collector = Collector()
    for part in parts:
        collector.merge(from_tables(part), bad)
    data = collector.finished()
    traces = data.by_problem()
    data.traces = [trace for problem in data.problems for trace in traces.get(problem.id, [])]
    for trace in data.traces:
        trace.params.pop(LACKS, None)
    return to_tables(data)


def _chosen(tables: Tables, mask: pa.Array) -> Tables:
    """Some of the problems, with their traces and pairs."""
    problems = tables["problems"].filter(mask)
    ids = problems["id"].combine_chunks()
    theirs = {name: pc.is_in(tables[name]["problem_id"], value_set=ids) for name in ("traces", "pairs")}
    return {"problems": problems, **{name: tables[name].filter(mask) for name, mask in theirs.items()}}


def _renamed(tables: Tables, names: dict[str, str]) -> Tables:
    def column(table: pa.Table, name: str) -> pa.Table:
        values = pa.array([names.get(value, value) for value in table[name].to_pylist()], pa.string())
        return table.set_column(table.schema.get_field_index(name), name, values)

    pairs = column(column(tables["pairs"], "chosen"), "rejected")
    return {**tables, "traces": column(tables["traces"], "id"), "pairs": pairs}


class _Late:
    """Records that wait on disk for their shards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waiting: dict[int, list[Tables]] = {}
        self.bytes = 0
        self.parts = 0
        self.writers: dict[tuple[int, str], pa.ipc.RecordBatchStreamWriter] = {}

    def add(self, tables: Tables, shards: npt.NDArray[np.int32]) -> None:
        for shard in np.unique(shards):
            chosen = _chosen(tables, pa.array(shards == shard))
            self.waiting.setdefault(int(shard), []).append(chosen)
            self.bytes += sum(table.nbytes for table in chosen.values())
        if self.bytes > LATE_BYTES:
            self._flush()

    def _flush(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for shard, parts in self.waiting.items():
            for part in parts:
                self.parts += 1
                for name, table in part.items():
                    self._write(name, shard, table)
        self.waiting, self.bytes = {}, 0

    def _write(self, name: str, shard: int, table: pa.Table) -> None:
        for column, number in (("shard", shard), ("part", self.parts)):
            table = table.append_column(column, pa.array(np.full(table.num_rows, number, np.int32)))
        key = (shard % BUCKETS, name)
        if key not in self.writers:
            self.writers[key] = pa.ipc.new_stream(
                str(self.folder / f"{key[0]:02d}.{name}.arrow"), table.schema
            )
        self.writers[key].write_table(table)

    def by_shard(self) -> Iterator[tuple[int, list[Tables]]]:
        """``(shard, parts)`` of every shard for which something waits."""
        if self.writers:
            self._flush()
            for writer in self.writers.values():
                writer.close()
            for bucket in sorted({bucket for bucket, _ in self.writers}):
                yield from self._of_bucket(bucket)
        else:
            yield from sorted(self.waiting.items())

    def _of_bucket(self, bucket: int) -> Iterator[tuple[int, list[Tables]]]:
        tables = {}
        for name in ("problems", "traces", "pairs"):
            with pa.ipc.open_stream(str(self.folder / f"{bucket:02d}.{name}.arrow")) as stream:
                tables[name] = stream.read_all()
        numbers = tables["problems"].select(["shard", "part"]).group_by(["shard", "part"]).aggregate([])
        by_shard: dict[int, list[Tables]] = {}
        for row in sorted(numbers.to_pylist(), key=lambda row: (row["shard"], row["part"])):
            of_part = pc.field("part") == row["part"]
            part = {name: table.filter(of_part).drop(["shard", "part"]) for name, table in tables.items()}
            by_shard.setdefault(row["shard"], []).append(part)
        yield from by_shard.items()

    def remove(self) -> None:
        if self.folder.exists():
            shutil.rmtree(self.folder)
