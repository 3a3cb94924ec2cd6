"""Blocks of plain rows made into tables column by column, without a record of each row: the tables that the
reader and the collector would make, in a fraction of their time.

Plain rows hold one question and one response as texts, and values beside them. A block with any other row in
it is left to the reader as a whole, which knows what to make of it and what to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from limbeck.pipeline.arrow import to_table, to_tables
from limbeck.records import Data, Finish, Problem, Trace
from limbeck.shapes import values
from limbeck.shapes.parts import Keys, Part, keys_of
from limbeck.shapes.reading import Reader, as_text, thoughtful
from limbeck.shapes.table import Reading
from limbeck.shapes.values import aligned
from limbeck.tables import BadRows, Block, Row, columns_in
from limbeck.texts.messages import PRIOR_TURNS, SYSTEM
from limbeck.texts.questions import problem_id
from limbeck.texts.traces import parsed, told_parts

Numbered = list[tuple[int, Row]]
Columns = dict[str, list[Any]]
PLAIN = frozenset(
    [
        "question",
        "response",
        "reasoning",
        "reference",
        "verifier",
        "writer",
        "finish",
        "id",
        "tokens",
        "split",
        "source",
        "licence",
        "extracted",
        "reason",
        "verdict_by",
    ]
)
"""Roles of which a plain row has no others; the last three say something of a verdict alone."""
_SPECIAL = {"meta", SYSTEM, PRIOR_TURNS}
_encode = msgspec.json.Encoder().encode


class _Odd(ValueError):
    """A row is not plain."""


def part_in(block: Block, how: Reading, prefix: str, bad: BadRows) -> Part | None:
    """The part that a block makes whose columns can be read without its rows; else None, as of `part_of`."""
    if not plain(how) or not (columns := columns_in(block, (*sorted(_reader(how).roles.known),))):
        return None
    count = len(next(iter(columns.values())))
    return _tried(range(block.first, block.first + count), columns, how, prefix, bad)


def part_of(rows: Numbered, how: Reading, prefix: str, bad: BadRows) -> Part | None:
    """The part that a block's rows make; None where one of them, or how they are read, is out of the
    ordinary."""
    if not rows or not plain(how):
        return None
    known = _reader(how).roles.known
    if not all(known.issuperset(names) for names in {tuple(row) for _, row in rows}):
        return None
    columns = {name: [row.get(name) for _, row in rows] for name in known}
    return _tried([number for number, _ in rows], columns, how, prefix, bad)


def _reader(how: Reading) -> Reader:
    assert isinstance(how.reader, Reader)
    return how.reader


def _tried(numbers: Sequence[int], columns: Columns, how: Reading, prefix: str, bad: BadRows) -> Part | None:
    try:
        return _part([f"{prefix}row-{number}" for number in numbers], columns, _reader(how), bad)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def plain(how: Reading) -> bool:
    """Whether rows that are read so may be plain."""
    if how.layout or not isinstance(how.reader, Reader):
        return False
    roles = how.reader.roles
    held = roles.columns
    paths = any("." in name for names in held.values() for name in names)
    if paths or not {"question", "response"} <= held.keys() <= PLAIN or _SPECIAL & {*roles.others}:
        return False
    return not held["response"][0].endswith("s") and len(held.get("finish", ())) < 2


def _part(names: list[str], columns: Columns, reader: Reader, bad: BadRows) -> Part:
    roles = reader.roles
    held = {role: _filled(columns, told) for role, told in roles.columns.items()}
    questions = _texts(held["question"])
    if not all(map(str.strip, questions)):
        raise _Odd
    ids = [*map(problem_id, questions)]
    problems: dict[str, Any] = {
        "id": ids,
        "question": questions,
        "answer": [*map(values.reference, held["reference"])] if "reference" in held else None,
        "verifier": _named(held, "verifier", reader.verifier),
        "source": _named(held, "source"),
        "split": _named(held, "split"),
        "meta": _meta(columns, held, roles.others),
    }
    traces = _traces(columns, held, reader, ids, names)
    brought = {}
    if "id" in held:
        told = zip(traces["id"], ids, names, strict=True)
        brought = {id_: name for id_, of, name in told if not id_.startswith(f"{of}#")}
    first = _first(problems)
    if len(first) < len(names):
        problems = {name: _at(column, first) for name, column in problems.items()}
    tables = to_tables(Data())
    tables["problems"] = _table(problems, Problem, len(first))
    tables["traces"] = _table(traces, Trace, len(names))
    return Part(tables, _keys(problems["id"]), keys_of(brought), brought, len(names), bad)


def _filled(columns: Columns, names: tuple[str, ...]) -> list[Any]:
    """What the first column that a row fills holds."""
    column = columns[names[0]]
    for name in names[1:]:
        both = zip(column, columns[name], strict=True)
        column = [other if value is None else value for value, other in both]
    return column


def _texts(column: list[Any]) -> list[str]:
    """Texts, none of which may be a list that a table's cell holds."""
    if {*map(type, column)} != {str}:
        raise _Odd
    for text in column:
        first = text[:1]
        if first == "[" or (first.isspace() and text[:20].lstrip()[:1] == "["):
            raise _Odd
    return column


def _named(held: Columns, role: str, otherwise: str = "") -> list[str] | str:
    return _each(lambda value: as_text(value) or otherwise, held[role]) if role in held else otherwise


def _each(made: Callable[[Any], Any], column: list[Any]) -> list[Any]:
    """What is made of every value of a column in which few values stand again and again: of each once."""
    if not {*map(type, column)} <= {str, type(None)}:  # True is 1, and a list no key
        return [*map(made, column)]
    of = {value: made(value) for value in {*column}}
    return [of[value] for value in column]


def _meta(columns: Columns, held: Columns, names: tuple[str, ...]) -> list[Row] | None:
    if not names and "licence" not in held:
        return None
    metas = _beside(columns, names) if names else [{} for _ in held["licence"]]
    for meta, licence in zip(metas, held.get("licence", ()), strict=False):
        if licence is not None:
            meta["licence"] = licence
    return metas


def _beside(columns: Columns, names: tuple[str, ...]) -> list[Row]:
    """A mapping per row of what these columns, at least one, hold beside."""
    told = zip(*(columns[name] for name in names), strict=True)
    return [{name: it for name, it in zip(names, row, strict=True) if it is not None} for row in told]


def _traces(
    columns: Columns, held: Columns, reader: Reader, problems: list[str], names: list[str]
) -> dict[str, Any]:
    texts = _texts(held["response"])
    if "reasoning" in held:
        pairs = zip(held["reasoning"], texts, strict=True)
        texts = [thoughtful(thought, text, 0, 1) for thought, text in pairs]
    if reader.format:
        form = reader.forms[reader.format]
        parts = [(reader.format, *parsed(form, text, reader.format)) for text in texts]
    else:
        parts = told_parts(texts)
    formats, reasonings, answers = zip(*parts, strict=True)
    ids = [f"{of}#{name}" for of, name in zip(problems, names, strict=True)]
    if "id" in held:
        ids = [id_ if given in (None, "") else str(given) for given, id_ in zip(held["id"], ids, strict=True)]
        if len({*ids}) < len(ids):
            raise _Odd
    finish = None
    if "finish" in held:
        column = reader.roles.columns["finish"][0]
        finish = _each(lambda value: values.ending(aligned(value, 0, 1), column), held["finish"])
    return {
        "id": ids,
        "problem_id": problems,
        "reasoning": reasonings,
        "answer": answers,
        "format": formats,
        "model": _each(lambda value: as_text(aligned(value, 0, 1)), held["writer"])
        if "writer" in held
        else "",
        "params": _params(columns, reader.roles.row_columns),
        "finish": finish,
        "tokens": [values.count(aligned(it, 0, 1)) for it in held["tokens"]] if "tokens" in held else None,
        "marks": _marks(texts, finish),
    }


def _params(columns: Columns, names: tuple[str, ...]) -> list[Row] | None:
    if not names:
        return None
    beside = _beside(columns, names)
    return [{name: aligned(it, 0, 1) for name, it in params.items()} for params in beside]


def _marks(texts: list[str], finish: list[Finish] | None) -> list[list[str]] | None:
    empty = [not text or text.isspace() for text in texts]
    cut = [end == "length" for end in finish] if finish else [False] * len(texts)
    if not any(empty) and not any(cut):
        return None
    both = zip(cut, empty, strict=True)
    return [["truncated"] * is_cut + ["no_text"] * is_empty for is_cut, is_empty in both]


def _first(problems: dict[str, Any]) -> list[int]:
    """The rows at which the problems come first; one that comes again must say the same."""
    if len({*problems["id"]}) == len(problems["id"]):
        return [*range(len(problems["id"]))]
    places: dict[str, int] = {}
    told = [column for column in problems.values() if isinstance(column, list)]
    for index, name in enumerate(problems["id"]):
        first = places.setdefault(name, index)
        if first != index and any(column[first] != column[index] for column in told):
            raise _Odd
    return [*places.values()]


def _at(column: list[Any] | str | None, places: list[int]) -> Any:
    return [column[i] for i in places] if isinstance(column, list) else column


def _table(columns: dict[str, Any], kind: type, count: int) -> pa.Table:
    """Columns as the store's table of such records: texts repeated, mappings encoded, what is not told as in
    a record that does not tell it."""
    blank = _blank(kind)
    arrays = []
    for field in blank.schema:
        column = columns.get(field.name)
        if column is None:
            # `pa.repeat` takes microseconds for each list of structs.
            arrays.append(blank[field.name].combine_chunks().take(pa.repeat(0, count)))
        elif isinstance(column, str):
            arrays.append(pa.repeat(column, count))
        else:
            encoded = map(_encode, column) if field.type == pa.binary() else column
            arrays.append(pa.array(encoded, field.type, size=count))
    return pa.Table.from_arrays(arrays, schema=blank.schema)


def _keys(ids: list[str]) -> Keys:
    """`keys_of` of our own ids, all at once."""
    return np.frombuffer(bytes.fromhex("".join(ids)), ">u8").astype(np.uint64)


@cache
def _blank(kind: type) -> pa.Table:
    """A table of one record that says nothing, which has what nobody told."""
    blank = Problem(id="", question="") if kind is Problem else Trace(id="", problem_id="")
    return to_table([blank], kind)
