"""One run at a time in a stage's folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from limbeck.pipeline.context import Report


@contextmanager
def alone(folder: Path, name: str, report: Report) -> Iterator[None]:
    """Hold the folder: two runs that want the same stage make it once."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report({"kind": "log", "label": name, "message": "another run is making this; waiting for it"})
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # Said, not left to the closing of the file: processes forked meanwhile, such as a verifier's
            # workers, hold the same open file and live on.
            fcntl.flock(lock, fcntl.LOCK_UN)
