"""Rows of other tools: read into problems, traces and pairs, and written from them, as JSONL or Parquet."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

from limbeck.errors import LimbeckError, unknown
from limbeck.problems.ops import convert, need_columns, report_bad
from limbeck.records import Data
from limbeck.shapes.exporting import Choice, export_rows
from limbeck.shapes.reading import Collector
from limbeck.shapes.table import SHAPES
from limbeck.shapes.writers import WRITERS
from limbeck.tables import BadRows, Row, read_rows
from limbeck.texts.traces import split_text

HEADS = 100
"""Rows whose columns tell the shape: the first alone may lack one."""
__all__ = ["SHAPES", "WRITERS", "Choice", "detect", "export_rows", "import_rows"]


def import_rows(path: str | Path, shape: str = "auto", *, verifier: str = "math", format: str = "") -> Data:
    """Read a file of another tool's rows.

    Rows with the same question come under one problem. Unusable rows are counted and reported in one warning.

    Args:
        path: JSONL, JSON, CSV or Parquet; a glob reads many files.
        shape: a name in `SHAPES`, or ``auto`` to tell by the first row's columns.
        verifier: what should check answers to these problems, unless the rows say it themselves.
        format: how reasoning and answer make a text (a file of `limbeck.formats`); empty: ``think`` where
            there are think tags, else ``plain``.

    Raises:
        LimbeckError: no such file or shape, columns that fit no shape or several, or not one usable row.
    """
    if shape != "auto" and shape not in SHAPES:
        raise unknown("shape", shape, SHAPES)
    if format:
        split_text("", format)
    bad = BadRows()
    rows = read_rows(path, bad)
    heads = list(islice(rows, HEADS))
    columns = dict.fromkeys(column for row in heads for column in row)
    chosen = SHAPES[detect(columns, str(path)) if shape == "auto" else shape]
    collector = Collector(verifier, format)
    need_columns({**dict.fromkeys(chosen.names(columns)), **columns}, chosen.columns, str(path))

    def read(number: int, row: Row) -> None:
        wanted_by_name = {name: wanted for wanted, name in chosen.names(row).items()}
        chosen.read(collector, number, {wanted_by_name.get(key, key): value for key, value in row.items()})

    for _ in convert(chain(heads, rows), [], read, str(path), bad):
        pass
    report_bad(bad, None)
    return collector.data


def detect(columns: Iterable[str], where: str = "the file") -> str:
    """The shape that rows with these columns have.

    Raises:
        LimbeckError: none fits (names the nearest and what it lacks), or several do.
    """
    names = set(columns)
    fits = {name: set(shape.columns) for name, shape in SHAPES.items() if set(shape.columns) <= names}
    best = [name for name, wanted in fits.items() if not any(wanted < other for other in fits.values())]
    if (
        len(best) > 1 and "messages" in best
    ):  # beside columns of a shape of its own, the chat tells the same again
        best.remove("messages")
    best = best or [name for name, shape in SHAPES.items() if len(shape.names(names)) == len(shape.columns)]
    if len(best) == 1:
        return best[0]
    seen = ", ".join(sorted(names))
    if best:
        raise LimbeckError(
            f"{where} fits several shapes: {' and '.join(best)} (columns: {seen}); say which one"
        )
    missing = {name: sorted(set(shape.columns) - shape.names(names).keys()) for name, shape in SHAPES.items()}
    near = min(SHAPES, key=lambda name: (len(missing[name]), -len(SHAPES[name].columns)))
    lacks = ", ".join(missing[near])
    raise LimbeckError(
        f"{where} fits no shape (columns: {seen}); nearest is {near!r}, which also wants {lacks}"
    )
