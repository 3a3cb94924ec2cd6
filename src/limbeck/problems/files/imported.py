"""Traces of your own, from files in any layout `limbeck import` reads, or from a folder it wrote."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from limbeck.pipeline import store
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
) -> Iterator[Data]:
    """Read rows of any tool by their columns' roles: chats, flat rows, pairs, samples of evaluations.

    Args:
        path: JSONL, JSON, CSV, TSV, Parquet or Arrow, also compressed; a folder of them, a glob, or a folder
            of Limbeck's own (what an import or a stage wrote), whose records are taken as they are.
        shape: ``auto`` tells by columns and values; otherwise one of `limbeck.shapes.SHAPES`.
        verifier: what should check answers to these problems, unless the rows say it themselves.
        format: how reasoning and answer make a text (a file of `limbeck.formats`); empty: told by the think
            tags of each text.
        columns: role to column where names do not tell: ``{answer: expected, response: sample}``.

    Returns:
        Shards; a large file is read into a folder first, so that memory does not grow with it.

    Raises:
        LimbeckError: the file is missing or no column is the question. Bad rows are counted.
    """
    from limbeck.shapes.importing import Imported, import_rows, is_folder_of_data
    from limbeck.shapes.streaming import import_files, is_large

    def told(done: Imported) -> None:
        for line in (*done.told(), *done.warnings()):
            if ctx is not None:
                ctx.log(line)

    given: dict[str, Any] = {"verifier": verifier, "format": format, "columns": columns}
    if is_folder_of_data(path):
        yield from store.read_data(Path(path))
    elif not is_large(path):
        yield from store.split(import_rows(path, shape, **given, told=told if ctx else None))
    else:
        with tempfile.TemporaryDirectory(dir=ctx.dir if ctx else None, prefix=".import-") as folder:
            told(import_files(path, Path(folder), shape, **given))
            yield from store.StoredShards(Path(folder))
