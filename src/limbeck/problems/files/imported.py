"""Traces of your own, from files in any layout `limbeck import` reads, or from a folder it wrote."""

from __future__ import annotations

from typing import Any

from limbeck.pipeline.context import Context
from limbeck.records import Data
from limbeck.types import InputFile

MAKES_PAIRS = True


def imported(
    *,
    path: InputFile,
    shape: str = "auto",
    verifier: str = "math",
    format: str = "",
    columns: dict[str, Any] = {},  # noqa: B006
    ctx: Context | None = None,
) -> Data:
    """Read rows of any tool by their columns' roles: chats, flat rows, pairs, samples of evaluations.

    Args:
        path: JSONL, JSON, CSV, TSV, Parquet or Arrow, also compressed; a folder of them, a glob, or a folder
            of Limbeck's own (what an import or a stage wrote), whose records are taken as they are.
        shape: ``auto`` tells by columns and values; otherwise one of `limbeck.shapes.SHAPES`.
        verifier: what should check answers to these problems, unless the rows say it themselves.
        format: how reasoning and answer make a text (a file of `limbeck.formats`); empty: told by the think
            tags of each text.
        columns: role to column where names do not tell: ``{answer: expected, response: sample}``.

    Raises:
        LimbeckError: the file is missing or no column is the question. Bad rows are counted.
    """
    from limbeck.shapes import Imported, import_rows

    def told(done: Imported) -> None:
        for line in (*done.told(), *done.warnings()):
            if ctx is not None:
                ctx.log(line)

    return import_rows(
        path, shape, verifier=verifier, format=format, columns=columns, told=told if ctx else None
    )
