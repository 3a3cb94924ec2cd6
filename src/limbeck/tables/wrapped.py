"""Rows in one JSON object: in a list in it, under keys, or in columns."""

from __future__ import annotations

import logging
from typing import Any

from limbeck.tables.rows import Row

USUAL = ("data", "rows", "samples", "examples", "records", "items", "instances", "entries", "results")
"""Under what names files keep their rows, the surest first."""
_LOG = logging.getLogger("limbeck")


def rows_of(document: Row, file: str) -> list[Any]:
    """The rows that the one object of a file holds: itself, where it holds none.

    pandas writes frames in five ways (``orient`` of ``to_json``), of which four are objects.
    """
    if (names := document.get("columns")) and isinstance(document.get("data"), list) and "index" in document:
        return [dict(zip(names, cells, strict=False)) for cells in document["data"]]
    lists = {key: value for key, value in document.items() if _is_rows(value)}
    if lists:
        return _in_lists(document, lists, file)
    values = list(document.values())
    if values and all(isinstance(value, dict) for value in values):
        columns = _in_columns(document)
        return columns or [{"id": key, **row} for key, row in document.items()]
    if len(values) > 1 and all(isinstance(value, list) and len(value) == len(values[0]) for value in values):
        return [dict(zip(document, cells, strict=True)) for cells in zip(*values, strict=True)]
    return [document]


def holds_rows_alone(document: Any) -> bool:
    """Whether a list of rows is all that is in an object."""
    return isinstance(document, dict) and len(document) == 1 and all(map(_is_rows, document.values()))


def _is_rows(value: Any) -> bool:
    """Whether a value is a list of objects that are no turns of a chat."""
    if not (isinstance(value, list) and value and isinstance(value[0], dict)):
        return False
    return not value[0].keys() & {"role", "from"}


def _in_lists(document: Row, lists: dict[str, list[Any]], file: str) -> list[Any]:
    usual = [key for key in USUAL if key in lists]
    if len(lists) > 1 and len(lists) == len(document):
        return [_of_split(row, key) for key, rows in lists.items() for row in rows]
    if usual or len(lists) == 1:
        key = (usual or list(lists))[0]
        if not usual:
            _LOG.warning(f"{file} is one object; its rows are taken to be those under {key!r}")
        return lists[key]
    return [document]


def _of_split(row: Any, name: str) -> Any:
    return {**row, "split": name} if isinstance(row, dict) and "split" not in row else row


def _in_columns(document: Row) -> list[Row]:
    """Rows of columns whose cells stand under the rows' numbers; none where it is something else."""
    cells = list(document.values())
    numbers = list(cells[0])
    is_numbered = all(key.isdigit() for key in numbers) and not all(key.isdigit() for key in document)
    if not numbers or not is_numbered or any(list(column) != numbers for column in cells):
        return []
    return [{name: column[number] for name, column in document.items()} for number in numbers]
