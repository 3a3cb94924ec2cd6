"""Records as Arrow tables and back: a fixed schema for each kind."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from operator import attrgetter
from typing import Any, Literal, get_origin

import msgspec
import pyarrow as pa

from limbeck.pipeline.finite import finite_traces
from limbeck.records import Data, Pair, Problem, Result, Trace, Verdict

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
_EMPTY: dict[type, bytes] = {dict: b"{}", list: b"[]"}
TABLES = {"problems": Problem, "traces": Trace, "pairs": Pair}
Tables = dict[str, pa.Table]


def to_table(records: list[Any], kind: type, names: list[str] | None = None) -> pa.Table:
    """Records of one kind as an Arrow table with that kind's fixed schema; of some columns where named."""
    schema = _SCHEMAS[kind]
    if kind is Trace and names is None:
        records = finite_traces(records, logging.getLogger("limbeck").warning)
    if names is not None:
        schema = pa.schema([schema.field(name) for name in names])
    encode = msgspec.json.Encoder().encode
    columns = []
    for column in schema:
        values = [*map(attrgetter(column.name), records)]
        if column.type == pa.binary():
            values = [encode(value) if value or value is None else _EMPTY[type(value)] for value in values]
        of_verdicts = column.type == pa.list_(_VERDICT)
        columns.append(_verdicts(values) if of_verdicts else pa.array(values, type=column.type))
    return pa.Table.from_arrays(columns, schema=schema)


def _verdicts(lists: list[list[Verdict]]) -> pa.Array:
    """A column of verdicts, built from their fields: a mapping for each of them would take longer."""
    ends = accumulate(map(len, lists), initial=0)
    flat = [verdict for verdicts in lists for verdict in verdicts]
    fields = [pa.array([*map(attrgetter(field.name), flat)], field.type) for field in _VERDICT]
    return pa.ListArray.from_arrays(
        pa.array(ends, pa.int32()), pa.StructArray.from_arrays(fields, fields=[*_VERDICT]), pa.list_(_VERDICT)
    )


def to_tables(data: Data, names: dict[str, list[str]] | None = None) -> Tables:
    """Data as a table each of problems, traces and pairs; of some columns of each where named."""
    chosen = names or {}
    return {name: to_table(getattr(data, name), kind, chosen.get(name)) for name, kind in TABLES.items()}


@contextmanager
def uncollected() -> Iterator[None]:
    """Records make no cycles; looking for some, again and again, takes a third of the time of making them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def from_tables(tables: Tables) -> Data:
    """The data in three tables; the inverse of `to_tables`."""
    return Data(**{name: from_table(tables[name], kind) for name, kind in TABLES.items()})


def from_table(table: pa.Table, kind: type) -> list[Any]:
    """The records in an Arrow table; the inverse of `to_table`."""
    there = [field for field in msgspec.structs.fields(kind) if field.name in table.column_names]
    names = [field.name for field in there]
    with uncollected():
        columns = [_values(table[field.name].combine_chunks(), field) for field in there]
        try:
            return [kind(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
        except TypeError as error:  # a field without a default has no column
            raise msgspec.ValidationError(str(error)) from error


def _values(column: pa.Array, field: msgspec.structs.FieldInfo) -> list[Any]:
    """A column's values for a field of records, held against its type; of a mapping its JSON is."""
    if pa.types.is_binary(column.type):
        decode = msgspec.json.Decoder(field.type).decode
        return [{} if text == b"{}" else decode(text) for text in column.to_pylist()]
    if column.null_count and field.default is not None:
        raise msgspec.ValidationError(f"column {field.name!r} lacks values")
    if pa.types.is_list(column.type) and not len(column.flatten()):
        return [[] for _ in range(len(column))]
    if pa.types.is_list(column.type):
        return msgspec.convert(column.to_pylist(), list[field.type])  # type: ignore[name-defined]
    if get_origin(field.type) is Literal:
        msgspec.convert(column.unique().to_pylist(), list[field.type])  # type: ignore[name-defined]
    values: list[Any] = column.to_pylist()
    return values
