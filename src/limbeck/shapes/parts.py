"""The records of one block of a file, and their way from the process that read them to the one that gathers
them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.pipeline import counting, store
from limbeck.pipeline.arrow import Tables, to_tables
from limbeck.shapes.collecting import Collector
from limbeck.tables import BadRows

Keys = npt.NDArray[np.uint64]
SHARD_BYTES = 32 << 20
"""A shard is closed when it holds so much text, or `store.SHARD_PROBLEMS` problems."""
FILLING = 0.25
"""Of a shard's bytes or problems what makes one, where whoever has it could not wait for more."""


@dataclass
class Part:
    """The records of one block: tables as the store writes them, a key per problem; ids of traces that the
    rows brought, with the names of their rows; how many rows there were, and what was wrong with some;
    whether traces tell what their rows lack.

    Between processes the tables stand in ``file``: one of Arrow's or, where they make a shard by themselves,
    a folder of its files; ``counted`` are then its counts."""

    tables: Tables
    keys: Keys
    ids: Keys
    named: dict[str, str]
    rows: int
    bad: BadRows
    file: Path | None = None
    lacking: bool = False
    counted: counting.Counted | None = None

    def stored(self, file: Path, may_be_shard: bool) -> Part:
        """The part with its tables in files, to be sent to another process."""
        left = replace(self, tables=dict.fromkeys(self.tables), file=file)
        if may_be_shard and self._fills_a_shard():
            file.mkdir()
            for name, path in left.files().items():
                path.write_bytes(store.packed(self.tables[name]))
            return replace(left, counted=counting.counted(self.tables))
        with pa.OSFile(str(file), "wb") as sink:
            for table in self.tables.values():
                with pa.ipc.new_stream(sink, table.schema) as stream:
                    stream.write_table(table)
        return left

    def _fills_a_shard(self) -> bool:
        size, problems = sum(table.nbytes for table in self.tables.values()), self.tables["problems"].num_rows
        enough = size >= FILLING * SHARD_BYTES or problems >= FILLING * store.SHARD_PROBLEMS
        return enough and not self.lacking

    def files(self) -> dict[str, Path]:
        """The files of a part that makes a shard."""
        assert self.file
        return {name: self.file / name for name in self.tables}

    def fetched(self) -> Tables:
        """The tables again, whose file goes when they do."""
        if self.file is None:
            return self.tables
        if self.counted:
            return {name: pq.read_table(path) for name, path in self.files().items()}
        with pa.memory_map(str(self.file)) as source:
            tables = {name: pa.ipc.open_stream(source).read_all() for name in self.tables}
        self.file.unlink()
        return tables

    @classmethod
    def of(cls, made: Collector, rows: int, bad: BadRows) -> Part:
        keys = keys_of(problem.id for problem in made.data.problems)
        named = keys_of(made.named)
        return cls(to_tables(made.data), keys, named, made.named, rows, bad, lacking=made.lacking)


def keys_of(ids: Iterable[str]) -> Keys:
    """64 bits of each id: of our own ids all there is, of others a digest."""
    return np.fromiter((_key(name) for name in ids), dtype=np.uint64)


def _key(name: str) -> int:
    if len(name) == 16:
        try:
            return int(name, 16)
        except ValueError:
            pass
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
