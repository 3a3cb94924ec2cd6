"""A stage's folder: Parquet shards of problems, traces and pairs, and a manifest written last.

``00000.problems.parquet``, ``00000.traces.parquet`` and ``00000.pairs.parquet`` make shard 0; all traces and
pairs of a problem are in its shard. A shard's problems file is written last, so its presence says the shard
is whole. Every file is written beside its name and renamed: a kill or a full disk leaves whole files only.
Every page bears a checksum, and the manifest lists every file (`limbeck.pipeline.inventory`): a shard that is
missing, cut, changed or another one's is an error when it is read, never a smaller set.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.errors import LimbeckError
from limbeck.pipeline import inventory
from limbeck.pipeline.arrow import TABLES, Tables, from_table, from_tables, to_table, to_tables
from limbeck.pipeline.atomic import make_folder, move_atomic, write_atomic
from limbeck.records import Data, Pair, Result, Results

SCHEMA_VERSION = 2
SHARD_PROBLEMS = 10_000
LAST_PROBLEMS = ("pairs", "traces", "problems")
"""The order in which a shard's files are written."""
TEXTS = {"id", "question", "reasoning", "answer", "extracted"}
"""Columns whose values are nearly all different."""
UNITS_BEFORE = {"mean_tokens": "tokens", "entropy": "nats", "loss": "nats"}
"""Units of results written before they had a column; all others were shares."""


def write_table(path: Path, table: pa.Table) -> None:
    """Write one Parquet file atomically."""
    write_atomic(path, packed(table))


def packed(table: pa.Table) -> memoryview:
    """A Parquet file's bytes. LZ4 takes two thirds of the time of zstd to write and half of it to read, for
    half as much again on the disk."""
    sink = pa.BufferOutputStream()
    # A dictionary of texts that are all different, and which of them is the least, cost time alone.
    rest = [path for field in table.schema for path in _leaves(field.name, field.type)]
    pq.write_table(
        table, sink, compression="lz4", use_dictionary=rest, write_statistics=rest, write_page_checksum=True
    )
    return memoryview(sink.getvalue())


def _leaves(path: str, kind: pa.DataType) -> list[str]:
    """The paths of a column's values as Parquet names them, but for texts."""
    if pa.types.is_list(kind):
        return _leaves(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in _leaves(f"{path}.{field.name}", field.type)]
    return [] if path.rpartition(".")[2] in TEXTS else [path]


def write_shard(folder: Path, index: int, data: Data) -> None:
    """Write shard ``index``; its problems file comes last and makes it count."""
    write_tables(folder, index, to_tables(data))


def write_tables(folder: Path, index: int, tables: Tables) -> None:
    """Write the tables of shard ``index`` as `write_shard` does."""
    for name in LAST_PROBLEMS:
        write_table(folder / f"{index:05d}.{name}.parquet", tables[name])


def take_over(folder: Path, index: int, files: dict[str, Path]) -> None:
    """Make files, written by anybody as `packed`, those of shard ``index``, as `write_shard` does."""
    for name in LAST_PROBLEMS:
        move_atomic(files[name], folder / f"{index:05d}.{name}.parquet")


def has_shard(folder: Path, index: int) -> bool:
    """Whether a shard is whole: all its files are there."""
    return all((folder / f"{index:05d}.{name}.parquet").exists() for name in TABLES)


def read_shard(folder: Path, index: int, files: inventory.Files | None = None) -> Data:
    """Shard ``index`` of a stage.

    Args:
        files: the inventory that it is held against.

    Raises:
        Damaged: a file is missing, or not what was written.
    """
    try:
        return from_tables(read_tables(folder, index, files=files))
    except (msgspec.MsgspecError, KeyError) as error:
        raise inventory.damaged(folder / f"{index:05d}.*.parquet", f"no records of ours ({error})") from error


def read_tables(
    folder: Path,
    index: int,
    names: dict[str, list[str]] | None = None,
    files: inventory.Files | None = None,
) -> Tables:
    """The tables of shard ``index``; of some columns of each where named. Otherwise as `read_shard`."""
    tables = {}
    for name in TABLES:
        file = f"{index:05d}.{name}.parquet"
        entry = files[file] if files else None
        tables[name] = inventory.table(folder / file, entry, None if names is None else names[name])
    return tables


@dataclass
class StoredShards:
    """A stage's data on disk, read shard by shard, as often as wanted.

    Attributes:
        files: the inventory that they are held against; without one, what is there counts.
    """

    folder: Path
    files: inventory.Files | None = None

    def __len__(self) -> int:
        # Without an inventory only whole shards count, but for one with others behind it.
        return inventory.shards_in(
            self.files or [path.name for path in self.folder.glob("*.problems.parquet")]
        )

    def __iter__(self) -> Iterator[Data]:
        return map(self.shard, range(len(self)))

    def shard(self, index: int) -> Data:
        """One shard of them."""
        return read_shard(self.folder, index, self.files)

    def tables(self, names: dict[str, list[str]] | None = None) -> Iterator[Tables]:
        """Every shard as tables; of some columns of each where named."""
        return (read_tables(self.folder, index, names, self.files) for index in range(len(self)))

    def all(self) -> Data:
        """Every shard joined in memory."""
        return Data.join(self)


@dataclass
class MemoryShards:
    """Data already in memory, behind the same face as `StoredShards`."""

    parts: list[Data]

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[Data]:
        return iter(self.parts)

    def all(self) -> Data:
        return Data.join(self.parts)


def split(data: Data, size: int = SHARD_PROBLEMS) -> Iterator[Data]:
    """Cut data into shards of ``size`` problems, each with its own traces and pairs."""
    if len(data.problems) <= size:
        yield data
        return
    traces = data.by_problem()
    pairs: dict[str, list[Pair]] = {}
    for pair in data.pairs:
        pairs.setdefault(pair.problem_id, []).append(pair)
    for start in range(0, len(data.problems), size):
        part = data.problems[start : start + size]
        yield Data(
            part,
            [trace for problem in part for trace in traces.get(problem.id, [])],
            [pair for problem in part for pair in pairs.get(problem.id, [])],
        )


def write_data(folder: Path, data: Data | Iterable[Data]) -> None:
    """Write data, or a stream of shards, as the whole content of a folder.

    Raises:
        LimbeckError: the folder cannot be made.
    """
    clear(folder)
    count = -1
    for count, part in enumerate(split(data) if isinstance(data, Data) else data):
        write_shard(folder, count, part)
    if count < 0:
        write_shard(folder, 0, Data())


def clear(folder: Path) -> None:
    """Make a folder for data; what an interrupted writer left in it goes.

    Raises:
        LimbeckError: the folder cannot be made.
    """
    make_folder(folder)
    for left in [*folder.glob("?????.*.parquet"), *folder.glob(".?????.*.parquet.*")]:
        left.unlink()


def read_data(folder: Path) -> StoredShards:
    """The shards of a stage's folder, held against its manifest where it has one.

    Raises:
        Damaged: the manifest is unreadable, or counts what is not there.
    """
    folder = Path(folder)
    shards = StoredShards(folder, inventory.listed(folder))
    made = inventory.manifest(folder)
    if shards.files is None and made is not None:  # of before manifests listed files
        names = [f"{index:05d}.{name}.parquet" for index in range(len(shards)) for name in TABLES]
        rows = {name: inventory.Entry(0, rows=inventory.rows_of(folder / name)) for name in names}
        inventory.need_counted(rows, made, folder / inventory.MANIFEST)
    return shards


def need_finished(folder: Path) -> None:
    """Refuse a folder whose writer did not come to its end, or was of another schema.

    Raises:
        LimbeckError: naming it.
    """
    made = inventory.manifest(folder)
    if made is None:
        raise LimbeckError(
            f"{folder} holds no {inventory.MANIFEST}: what made it was interrupted; run it again"
        )
    if made.get("schema") != SCHEMA_VERSION:
        raise LimbeckError(f"{folder} is of schema {made.get('schema')}; this version reads {SCHEMA_VERSION}")


def write_results(folder: Path, results: Results) -> None:
    """Write the numbers and the samples behind them."""
    write_data(folder, results.data)
    write_table(folder / "results.parquet", to_table(results.results, Result))


def read_results(folder: Path) -> Results:
    """Read what `write_results` wrote."""
    path = Path(folder) / "results.parquet"
    files = inventory.listed(Path(folder)) or {}
    table = inventory.table(path, files.get(path.name))
    rows = from_table(table, Result)
    if "unit" not in table.column_names:
        for row in rows:
            row.unit = UNITS_BEFORE.get(row.metric, "share")
    return Results(rows, read_data(folder).all())


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write ``manifest.json`` with the folder's inventory: from now on the folder counts as made.

    Raises:
        Damaged: a table that was written cannot be read.
    """
    files = msgspec.to_builtins(inventory.taken(folder))
    content = {"schema": SCHEMA_VERSION, **manifest, "files": files}
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    write_atomic(folder / inventory.MANIFEST, text.encode(errors="backslashreplace"))


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a finished stage, or None where there is none of this schema.

    Raises:
        Damaged: it is there and unreadable.
    """
    manifest = inventory.manifest(folder)
    return manifest if manifest and manifest.get("schema") == SCHEMA_VERSION else None
