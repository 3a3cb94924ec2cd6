"""Rows of other tools: read into problems, traces and pairs, and written from them, as JSONL or Parquet."""

from __future__ import annotations

from limbeck.shapes.exporting import Choice, export_rows
from limbeck.shapes.importing import Imported, from_rows, import_rows
from limbeck.shapes.streaming import import_files
from limbeck.shapes.table import SHAPES
from limbeck.shapes.writers import WRITERS

__all__ = [
    "SHAPES",
    "WRITERS",
    "Choice",
    "Imported",
    "export_rows",
    "from_rows",
    "import_files",
    "import_rows",
]
