"""``limbeck export``: a stage's folder into a file or a folder that other tools read."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from limbeck.cli import places
from limbeck.cli.moving import finished, some_rows
from limbeck.cli.output import give, tell, warn
from limbeck.errors import LimbeckError
from limbeck.pipeline import store
from limbeck.report.curation import PAGE, build_folder, origin
from limbeck.shapes.exporting import Choice, Export, export_file
from limbeck.shapes.folders import SUFFIXES, export_folder


def export(
    folder: Path,
    out: Path,
    shape: str,
    choice: Choice,
    files: str,
    overwrite: bool = False,
    page: bool = True,
) -> None:
    """Write a stage's data in a shape: one file, or a folder where ``out`` has no suffix.

    Args:
        page: draw ``curation.html`` of all of the stage's data into the folder.
    """
    suffix = f".{files.lstrip('.')}"
    if suffix not in SUFFIXES:
        raise LimbeckError(f"--files {files}: {' or '.join(kind.lstrip('.') for kind in SUFFIXES)} is wanted")
    some_rows(choice.limit)
    as_folder = out.is_dir() or not out.suffix
    if not as_folder:
        places.need_free(out, overwrite)
    work = Export(finished(folder), shape, choice)
    result: dict[str, Any] = {"out": str(out)}
    if as_folder:
        with places.folder(out, overwrite, places.DATA_SET) as place:
            parts = export_folder(work, place, suffix, {**made(folder), "page": PAGE if page else ""})
            if page:
                build_folder(folder, place / PAGE)
        splits: Counter[str] = Counter()
        for part in parts:
            splits[part.split] += part.rows
        result |= {"splits": dict(splits), "files": [part.path for part in parts]}
        told = ", ".join(f"{split} {rows:,}" for split, rows in splits.items())
        tell(f"{splits.total():,} rows ({told}) in {_files(len(parts))} → {out}")
    else:
        tell(f"{export_file(work, out):,} rows → {out}")
        if len(work.survey.splits) > 1:
            told = ", ".join(work.survey.splits)
            warn(
                f"  the splits {told} are in one file; --split NAME writes one, a folder as --out keeps each"
            )
    _warn(work)
    give({**result, **work.summary()})


def _files(count: int) -> str:
    return f"{count:,} file{'s'[: count != 1]}"


def _warn(work: Export) -> None:
    if work.bad.count:
        warn(f"  {work.bad.summary()}")
    if work.doubtful:
        told = ", ".join(f"{number:,} {outcome}" for outcome, number in work.doubtful.most_common())
        warn(
            f"  among them are traces without a mark that a verifier calls {told}; --only correct leaves them"
        )


def made(folder: Path) -> dict[str, Any]:
    """A folder's manifest, with the name of the recipe whose run it belongs to."""
    manifest = store.read_manifest(folder) or {}
    manifest["marked"] = origin(folder).marked
    page = folder.resolve().parent.parent / "run.json"
    if page.is_file():
        try:
            manifest["recipe"] = json.loads(page.read_bytes()).get("name")
        except ValueError:
            return manifest
    return manifest
