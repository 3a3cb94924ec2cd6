"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from limbeck.errors import LimbeckError


def make_folder(folder: Path) -> None:
    """Make a folder and those on the way to it.

    Raises:
        LimbeckError: a file stands there, or nothing may be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LimbeckError(f"{folder} cannot be a folder: {error.strerror}") from error


def write_atomic(path: Path, content: bytes | memoryview) -> None:
    """Write ``content`` to ``path`` so that the name only ever points at the whole of it."""
    make_folder(path.parent)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise LimbeckError(
            f"cannot write {path}: {error.strerror}; nothing made so far is lost, run again to go on"
        ) from error
