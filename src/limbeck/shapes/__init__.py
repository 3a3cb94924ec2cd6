"""Rows of other tools: read into problems, traces and pairs, and written from them, as JSONL or Parquet."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

from limbeck.errors import LimbeckError, unknown
from limbeck.records import Data
from limbeck.shapes import writing
from limbeck.shapes.importing import Imported, import_files, import_rows
from limbeck.shapes.table import SHAPES
from limbeck.tables import write_rows

__all__ = ["SHAPES", "WRITERS", "Imported", "export_rows", "import_files", "import_rows"]
WRITERS = {
    name: (getattr(writing, name), needs)
    for name, needs in {
        "messages": "unmarked traces",
        "prompt_completion": "unmarked traces",
        "sharegpt": "unmarked traces",
        "responses": "traces",
        "preference": "unmarked pairs",
        "kto": "right or wrong traces",
        "openr1": "problems",
        "verl": "unmarked problems",
        "traces": "problems",
    }.items()
}


def export_rows(data: Data, path: str | Path, shape: str = "messages") -> int:
    """Write data in a shape of `SHAPES`, by the file's suffix as JSONL or Parquet; returns the number of
    rows.

    Which records are written is the shape's: see the functions of `limbeck.shapes.writing`.

    Raises:
        LimbeckError: no such shape or file type, or nothing in the data has this shape.
    """
    if shape not in WRITERS:
        raise unknown("shape", shape, WRITERS)
    rows = iter(WRITERS[shape][0](data))
    head = next(rows, None)
    if head is None:
        raise LimbeckError(
            f"nothing to export as {shape!r}: {WRITERS[shape][1]} are wanted, the data has none"
        )
    return write_rows(path, chain([head], rows))
