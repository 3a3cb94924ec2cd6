"""A folder that tools load as a data set: files by split, a card, LLaMA-Factory's registry."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from limbeck.errors import LimbeckError, unwritten
from limbeck.shapes.cards import Part, card, registry
from limbeck.shapes.exporting import Export
from limbeck.tables import Row, write_rows

ROWS_PER_FILE = 20_000
CHUNK = 5000
"""Rows of a Parquet file's row groups."""
SUFFIXES = (".parquet", ".jsonl")


def export_folder(
    export: Export, out: Path, suffix: str = ".parquet", manifest: dict[str, Any] | None = None
) -> list[Part]:
    """Write an export as a folder; the folder appears under its name only when it is whole.

    ``data/SPLIT-00000-of-00001.parquet`` and so on, or ``data/SPLIT/…`` where there are several splits, for
    LLaMA-Factory takes a folder whole; ``README.md``, the card; ``dataset_info.json``, LLaMA-Factory's
    registry, where it reads the shape.

    Args:
        manifest: what the card tells of how the data was made.

    Raises:
        LimbeckError: ``out`` holds something, or nothing in the data has this shape.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise LimbeckError(f"{out} already holds something; choose another --out")
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        whole = partial / f"rows{suffix}"
        write_rows(whole, export.nonempty(_by_split(export)))
        parts = _parts(export, suffix)
        (_cut_parquet if suffix == ".parquet" else _cut_lines)(whole, partial, parts)
        whole.unlink()
        (partial / "README.md").write_text(card(export, parts, out.name, manifest or {}), encoding="utf-8")
        if entries := registry(export, parts, out.name):
            content = json.dumps(entries, indent=2, ensure_ascii=True) + "\n"
            (partial / "dataset_info.json").write_text(content, encoding="ascii")
        if out.is_dir():
            out.rmdir()
        partial.rename(out)
    except OSError as error:
        raise unwritten(out, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return parts


def _by_split(export: Export) -> Iterator[Row]:
    # All splits go through one file before they are cut: so all files have the same columns of the same
    # types, which load_dataset wants and no file can know alone.
    for split in export.survey.splits:
        yield from export.rows(split)


def _parts(export: Export, suffix: str) -> list[Part]:
    splits = {split: rows for split, rows in export.written.items() if rows}
    parts = []
    for split, rows in splits.items():
        folder = f"data/{split}" if len(splits) > 1 else "data"
        starts = range(0, rows, ROWS_PER_FILE)
        for number, start in enumerate(starts):
            name = f"{split}-{number:05d}-of-{len(starts):05d}{suffix}"
            parts.append(Part(split, f"{folder}/{name}", min(ROWS_PER_FILE, rows - start)))
    return parts


def _cut_lines(whole: Path, folder: Path, parts: list[Part]) -> None:
    with whole.open("rb") as lines:
        for part in parts:
            (folder / part.path).parent.mkdir(parents=True, exist_ok=True)
            with (folder / part.path).open("wb") as file:
                file.writelines(islice(lines, part.rows))


def _batches(table: pq.ParquetFile) -> Iterator[pa.Table]:
    # Group by group: over all groups at once iter_batches holds on to what it has read (pyarrow 25).
    for group in range(table.num_row_groups):
        for batch in table.iter_batches(batch_size=CHUNK, row_groups=[group]):
            yield pa.Table.from_batches([batch])


def _cut_parquet(whole: Path, folder: Path, parts: list[Part]) -> None:
    with pq.ParquetFile(whole) as table:
        groups = _batches(table)
        left = pa.Table.from_batches([], table.schema_arrow)
        for part in parts:
            (folder / part.path).parent.mkdir(parents=True, exist_ok=True)
            wanted = part.rows
            with pq.ParquetWriter(folder / part.path, left.schema, compression="zstd") as file:
                while wanted:
                    left = left if left.num_rows else next(groups)
                    file.write_table(left.slice(0, wanted))
                    taken = min(wanted, left.num_rows)
                    left, wanted = left.slice(taken), wanted - taken
