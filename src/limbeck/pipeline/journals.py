"""What models said to a stage: it may have been paid for, so it outlives the stage and its schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from limbeck.pipeline.atomic import write_atomic
from limbeck.pipeline.step import Step


def take(step: Step, log: Callable[[str], None]) -> None:
    """Take what models said to a step under an earlier schema, unless it has journals itself."""
    if any(step.folder.glob("journal.*")):
        return
    for before in reversed(step.before):
        if journals := list(before.glob("journal.*")):
            for journal in journals:
                write_atomic(step.folder / journal.name, journal.read_bytes())
            log(f"what models said is taken from {before.name}, of an earlier schema")
            return


def pack(folder: Path) -> None:
    """Pack the journals of a stage that is done."""
    from limbeck.models import journal

    for path in folder.glob("journal.*.jsonl"):
        journal.pack(path)
