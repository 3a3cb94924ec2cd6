"""Where commands write to: nothing that is there is replaced unasked, and then only by what is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from limbeck.errors import LimbeckError

STORE = "manifest.json", "?????.*.parquet", "log.txt", "curation.html"
"""What a folder of problems and traces holds."""
DATA_SET = "README.md", "dataset_info.json", "data", "curation.html"
"""What a folder that `limbeck export` wrote holds."""
SCORES = "run.json", "report.html", "stages"
"""What a folder that `limbeck score` wrote holds."""


def need_free(out: Path, overwrite: bool) -> None:
    """Raise where something stands already, unless it may be replaced.

    Raises:
        LimbeckError: it does.
    """
    if out.exists() and not overwrite:
        raise LimbeckError(f"{out} is there already; --overwrite replaces it, or choose another --out")


def need_folder(out: Path, overwrite: bool, holds: tuple[str, ...], sign: str = "*") -> bool:
    """Whether a folder may be written to as it is; if not, it may be replaced. Arguments as for `folder`.

    Raises:
        LimbeckError: neither.
    """
    if out.exists() and not out.is_dir():
        raise LimbeckError(f"{out} is a file and cannot be a folder; choose another --out")
    if not any(out.glob(sign)):
        return True
    need_free(out, overwrite)
    others = (entry.name for entry in out.iterdir() if not any(fnmatch(entry.name, it) for it in holds))
    if other := next(others, ""):
        raise LimbeckError(f"{out} holds {other} too, which this command did not write: nothing is replaced")
    return False


@contextmanager
def folder(out: Path, overwrite: bool, holds: tuple[str, ...], sign: str = "*") -> Iterator[Path]:
    """The folder to write to: ``out``, or one beside it of the same name, which takes the place of what was
    there when all is written.

    Args:
        holds: patterns of what such a folder holds; one that holds other things too is never replaced.
        sign: a pattern of what makes a folder one that must not be written to.

    Raises:
        LimbeckError: ``out`` holds something and may not be replaced, or holds what is not ours.
    """
    if need_folder(out, overwrite, holds, sign):
        yield out
        return
    place = out.resolve()  # "." and links have a name too
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    (beside / "old").mkdir(parents=True)
    try:
        yield beside / place.name
        place.rename(beside / "old" / place.name)
        (beside / place.name).rename(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
