"""Traces of your own, from a file in any shape `limbeck import` reads."""

from __future__ import annotations

from limbeck.records import Data
from limbeck.types import InputFile

MAKES_PAIRS = True


def imported(*, path: InputFile, shape: str = "auto", verifier: str = "math", format: str = "") -> Data:
    """Read a file of another tool's rows: chat messages, prompt and completion, pairs, verl and more.

    Args:
        path: JSONL, JSON, CSV, TSV or Parquet, ``.gz`` allowed; a glob reads many.
        shape: ``auto`` tells by the columns; otherwise one of `limbeck.shapes.SHAPES`.
        verifier: what should check answers to these problems, unless the rows say it themselves.
        format: how reasoning and answer make a text (a file of `limbeck.formats`); empty: ``think`` where
            there are think tags, else ``plain``.
    """
    from limbeck.shapes import import_rows

    return import_rows(path, shape, verifier=verifier, format=format)
