"""What libraries print while a stage runs: into the stage's ``log.txt``, not between the progress bars."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TextIO

NAME = "log.txt"
SHOWN = 8
"""Lines of a failed stage's log that its error shows."""


@contextmanager
def into(folder: Path) -> Iterator[None]:
    """Append to ``folder/log.txt`` what this process, and those that it starts, write to standard output and
    error, whether Python or C writes it. Nothing written leaves no file."""
    path = folder / NAME
    folder.mkdir(parents=True, exist_ok=True)
    _flush()
    saved = {number: os.dup(number) for number in (1, 2)}
    with path.open("a", encoding="utf-8", errors="replace", buffering=1) as log:
        try:
            for number in saved:
                os.dup2(log.fileno(), number)
            # Who replaced the two in Python (a notebook, a test) has no descriptor to redirect.
            with redirect_stdout(log), redirect_stderr(log):
                yield
        finally:
            _flush()
            for number, copy in saved.items():
                os.dup2(copy, number)
                os.close(copy)
            if not size(folder):
                path.unlink(missing_ok=True)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if stream is not None and not stream.closed:
            stream.flush()


def size(folder: Path) -> int:
    """Bytes of a stage's log; where the next attempt's part of it begins."""
    path = folder / NAME
    return path.stat().st_size if path.is_file() else 0


def tail(folder: Path, since: int = 0) -> str:
    """The last lines of a stage's log from byte ``since`` on, headed by its path; empty where it has none."""
    path = folder / NAME
    if size(folder) <= since:
        return ""
    with path.open("rb") as file:
        file.seek(max(since, size(folder) - 100 * SHOWN * 4))
        lines = file.read().decode("utf-8", "replace").splitlines()
    last = [line.rpartition("\r")[2][:200] for line in lines if line.strip()][-SHOWN:]
    return "\n".join([f"the end of {path}:", *(f"  {line}" for line in last)]) if last else ""


def screen() -> TextIO:
    """Standard error as it is now, which stays the screen's while stages write into logs."""
    if sys.stderr is sys.__stderr__ and sys.stderr is not None:
        return os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace", buffering=1)
    return sys.stderr
