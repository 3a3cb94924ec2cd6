"""A stage's folder: Parquet shards of problems, traces and pairs, and a manifest written last.

``00000.problems.parquet``, ``00000.traces.parquet`` and ``00000.pairs.parquet`` make shard 0; all traces and
pairs of a problem are in its shard. A shard's problems file is written last, so its presence says the shard
is whole. Every file is written beside its name and renamed: a kill or a full disk leaves whole files only.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.errors import LimbeckError
from limbeck.records import Data, Pair, Problem, Result, Results, Trace

SCHEMA_VERSION = 2
SHARD_PROBLEMS = 10_000
UNITS_BEFORE = {"mean_tokens": "tokens", "entropy": "nats", "loss": "nats"}
"""Units of results written before they had a column; all others were shares."""

_VERDICT = pa.struct(
    [(name, pa.string()) for name in ("verifier", "outcome", "extracted", "reason")]
    + [("score", pa.float64())]
)
_STRINGS = pa.list_(pa.string())
# Columns typed pa.binary() hold JSON: free-form mappings whose keys differ from row to row.
_SCHEMAS: dict[type, pa.Schema] = {
    Problem: pa.schema(
        [(name, pa.string()) for name in ("id", "question", "answer", "verifier", "source", "split")]
        + [("meta", pa.binary()), ("marks", _STRINGS)]
    ),
    Trace: pa.schema(
        [(name, pa.string()) for name in ("id", "problem_id", "reasoning", "answer", "format", "model")]
        + [
            ("params", pa.binary()),
            ("finish", pa.string()),
            ("tokens", pa.int64()),
            ("verdicts", pa.list_(_VERDICT)),
        ]
        + [("scores", pa.binary()), ("marks", _STRINGS), ("parents", _STRINGS), ("weights", pa.binary())]
    ),
    Pair: pa.schema(
        [(name, pa.string()) for name in ("problem_id", "chosen", "rejected")]
        + [("weight", pa.float64()), ("marks", _STRINGS)]
    ),
    Result: pa.schema(
        [(name, pa.string()) for name in ("model", "benchmark", "metric")]
        + [(name, pa.float64()) for name in ("value", "low", "high")]
        + [("n", pa.int64()), ("samples", pa.int64()), ("interval", pa.string())]
        + [("seeds", pa.list_(pa.int64())), ("setting", pa.binary()), ("unit", pa.string())]
    ),
}
_TABLES = {"problems": Problem, "traces": Trace, "pairs": Pair}


def to_table(records: list[Any], kind: type) -> pa.Table:
    """Records of one kind as an Arrow table with that kind's fixed schema."""
    schema = _SCHEMAS[kind]
    columns = []
    for column in schema:
        values = [getattr(record, column.name) for record in records]
        if column.type == pa.binary():
            values = [msgspec.json.encode(value) for value in values]
        elif column.type == pa.list_(_VERDICT):
            values = [msgspec.to_builtins(value) for value in values]
        columns.append(pa.array(values, type=column.type))
    return pa.Table.from_arrays(columns, schema=schema)


def from_table(table: pa.Table, kind: type) -> list[Any]:
    """The records in an Arrow table; the inverse of `to_table`."""
    rows = table.to_pylist()
    mappings = [column.name for column in _SCHEMAS[kind] if column.type == pa.binary()]
    for row in rows:
        for name in mappings:
            row[name] = msgspec.json.decode(row[name])
    return msgspec.convert(rows, list[kind])  # type: ignore[valid-type]


def write_atomic(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` so that the name only ever points at the whole of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise LimbeckError(
            f"cannot write {path}: {error.strerror}; nothing made so far is lost, run again to go on"
        ) from error


def write_table(path: Path, table: pa.Table) -> None:
    """Write one Parquet file atomically."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    write_atomic(path, sink.getvalue().to_pybytes())


def write_shard(folder: Path, index: int, data: Data) -> None:
    """Write shard ``index``; its problems file comes last and makes it count."""
    for name in ("pairs", "traces", "problems"):
        write_table(folder / f"{index:05d}.{name}.parquet", to_table(getattr(data, name), _TABLES[name]))


def has_shard(folder: Path, index: int) -> bool:
    return (folder / f"{index:05d}.problems.parquet").exists()


def read_shard(folder: Path, index: int) -> Data:
    """Shard ``index`` of a stage."""
    data = Data()
    for name, kind in _TABLES.items():
        path = folder / f"{index:05d}.{name}.parquet"
        try:
            setattr(data, name, from_table(pq.read_table(path), kind))
        except (OSError, pa.ArrowException, msgspec.MsgspecError, KeyError) as error:
            raise LimbeckError(
                f"cannot read {path}: {error}; delete its folder to have it made again"
            ) from error
    return data


@dataclass
class StoredShards:
    """A stage's data on disk, read shard by shard, as often as wanted."""

    folder: Path

    def __len__(self) -> int:
        return len(list(self.folder.glob("?????.problems.parquet")))

    def __iter__(self) -> Iterator[Data]:
        return (read_shard(self.folder, index) for index in range(len(self)))

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
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LimbeckError(f"{folder} cannot be a folder: {error.strerror}") from error
    for left in folder.glob("?????.*.parquet"):
        left.unlink()
    count = -1
    for count, part in enumerate(split(data) if isinstance(data, Data) else data):
        write_shard(folder, count, part)
    if count < 0:
        write_shard(folder, 0, Data())


def read_data(folder: Path) -> StoredShards:
    """The shards of a stage's folder."""
    return StoredShards(Path(folder))


def write_results(folder: Path, results: Results) -> None:
    """Write the numbers and the samples behind them."""
    write_data(folder, results.data)
    write_table(folder / "results.parquet", to_table(results.results, Result))


def read_results(folder: Path) -> Results:
    """Read what `write_results` wrote."""
    table = pq.read_table(Path(folder) / "results.parquet")
    rows = from_table(table, Result)
    if "unit" not in table.column_names:
        for row in rows:
            row.unit = UNITS_BEFORE.get(row.metric, "share")
    return Results(rows, read_data(folder).all())


def counts(shards: Iterable[Data]) -> dict[str, Any]:
    """How many there are of everything, and why what is marked is marked: the funnel of a stage."""
    total: Counter[str] = Counter()
    reasons = ("marks", "problem_marks", "pair_marks", "outcomes")
    histograms: dict[str, Counter[str]] = {name: Counter() for name in reasons}
    for data in shards:
        for name in ("problems", "traces", "pairs"):
            total[name] += len(getattr(data, name))
        total["kept"] += len(data.kept())
        total["kept_pairs"] += len(data.kept_pairs())
        for name, records in (
            ("marks", data.traces),
            ("problem_marks", data.problems),
            ("pair_marks", data.pairs),
        ):
            histograms[name].update(mark for record in records for mark in set(record.marks))
        histograms["outcomes"].update(trace.outcome for trace in data.traces if trace.verdicts)
    return {**total, **{name: dict(histogram.most_common()) for name, histogram in histograms.items()}}


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write ``manifest.json``: from now on the folder counts as made."""
    content = json.dumps({"schema": SCHEMA_VERSION, **manifest}, indent=1, ensure_ascii=False, default=str)
    write_atomic(folder / "manifest.json", content.encode())


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a finished stage, or None where there is none of this schema."""
    path = folder / "manifest.json"
    if not path.exists():
        return None
    try:
        manifest = json.loads(path.read_bytes())
    except ValueError:
        return None
    return manifest if manifest.get("schema") == SCHEMA_VERSION else None
