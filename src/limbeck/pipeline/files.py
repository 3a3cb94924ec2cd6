"""Files that a recipe names: where they lie, and what identifies their content."""

from __future__ import annotations

import hashlib
from glob import glob
from pathlib import Path
from typing import Any

from limbeck.pipeline.loading import PACKAGE


def resolve_path(value: str, folder: Path | None = None) -> str:
    """``asset:haste/teacher`` is a folder of the package; a path relative to its recipe is found from
    anywhere."""
    if value.startswith("asset:"):
        return str(PACKAGE / "assets" / value.removeprefix("asset:"))
    if (
        folder is not None
        and value
        and not Path(value).is_absolute()
        and not glob(value)
        and glob(str(folder / value))
    ):
        return str(folder / value)
    return value


def content_key(path: str) -> Any:
    """What identifies a file's or folder's content: digests up to 64 MB, beyond that names, sizes and times.

    A name that is no local path (a Hub id) identifies itself.
    """
    files: list[Path] = []
    for entry in map(Path, sorted(glob(path)) if path else []):
        files += [entry] if entry.is_file() else entry.rglob("*")
    files = sorted(file for file in files if file.is_file())
    if not files:
        return path
    if sum(file.stat().st_size for file in files) > 64 * 2**20:
        return [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    return [[file.name, hashlib.sha256(file.read_bytes()).hexdigest()] for file in files]
