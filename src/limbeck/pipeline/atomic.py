"""Files that are there as a whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from limbeck.errors import FULL, Failed, LimbeckError

_RIGHTS = {errno.EROFS, errno.EACCES, errno.EPERM}
MACHINES = FULL | _RIGHTS | {errno.ENAMETOOLONG, errno.EMFILE, errno.ENFILE, errno.ELOOP}
"""What a disk, its rights or its limits refuse."""


def refused(error: BaseException) -> str:
    """What a machine refuses, in a line; empty for any other error.

    Libraries that are not in Python tell of a full disk in errors of their own, in the words of the system.
    """
    if isinstance(error, OSError) and error.errno in MACHINES:
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    told = str(error).partition("\n")[0]
    return told if any(os.strerror(number) in told for number in {*FULL, errno.EROFS}) else ""


def make_folder(folder: Path) -> None:
    """Make a folder and those on the way to it.

    Raises:
        LimbeckError: a file stands there, or nothing may be written there.
        Failed: the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        kind = Failed if error.errno in FULL else LimbeckError
        raise kind(f"{folder} cannot be a folder: {error.strerror}") from error


def write_atomic(path: Path, content: bytes | memoryview) -> None:
    """Write ``content`` to ``path`` so that the name only ever points at the whole of it.

    Raises:
        Failed: a full disk, or one that may not be written to; what stood there before stays.
    """
    make_folder(path.parent)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with _whole(path, partial), partial.open("wb") as file:
        file.write(content)
    move_atomic(partial, path)


def move_atomic(partial: Path, path: Path) -> None:
    """Give a whole file of the same disk its name, once the disk holds it.

    Raises:
        Failed: as `write_atomic`.
    """
    with _whole(path, partial):
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)


@contextmanager
def _whole(path: Path, partial: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        _forget(partial)
        raise Failed(
            f"cannot write {path}: {error.strerror}; nothing made so far is lost, run again to go on"
        ) from error


def _forget(partial: Path) -> None:
    try:
        partial.unlink(missing_ok=True)
    except OSError:
        return  # where nothing may be written, nothing was
