"""Traces of your own, from a file in any shape `limbeck import` reads."""

from __future__ import annotations

from limbeck.records import Data
from limbeck.types import InputFile


def imported(*, path: InputFile, shape: str = "auto") -> Data:
    """Read a file of another tool's rows: chat messages, prompt and completion, pairs, verl and more.

    Args:
        path: JSONL, JSON, CSV, TSV or Parquet, ``.gz`` allowed; a glob reads many.
        shape: ``auto`` tells by the columns; otherwise one of `limbeck.shapes.SHAPES`.
    """
    from limbeck.shapes import import_rows

    return import_rows(path, shape)
