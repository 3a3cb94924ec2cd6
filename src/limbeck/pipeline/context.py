"""A running stage's surroundings: its folder, its seed, and a way to tell the person watching how far it
is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Report = Callable[[dict[str, Any]], None]
"""Receives ``{"kind": "progress" | "log", …}``; the default drops everything, the runner draws it."""


Cost = Callable[[float, float | None], str]
"""What asking has cost so far, in words, of work that is done so far and has so many units in all."""


def _free(done: float, total: float | None) -> str:
    return ""


@dataclass
class Progress:
    """A bar. ``advance`` as work is done; at most ten reports a second leave the process. Beside it stand its
    note and, where endpoints are asked, what they cost."""

    label: str
    total: float | None
    report: Report
    done: float = 0
    note: str = ""
    cost: Cost = _free
    _last: float = 0.0

    def advance(self, amount: float = 1, note: str = "") -> None:
        """Count ``amount`` more units as done; ``note`` is shown beside the bar (``loss 0.31``)."""
        self.done += amount
        self.note = note or self.note
        if time.monotonic() - self._last > 0.1 or (self.total is not None and self.done >= self.total):
            self._last = time.monotonic()
            self.send()

    def send(self, finished: bool = False) -> None:
        self.report(
            {
                "kind": "progress",
                "label": self.label,
                "total": self.total,
                "done": self.done,
                "note": ", ".join(filter(None, [self.note, self.cost(self.done, self.total)])),
                "finished": finished,
            }
        )


def _ignore(event: dict[str, Any]) -> None:
    return None


@dataclass
class Context:
    """What a stage may touch. ``dir`` is its own folder and survives a kill: a stage resumes from what is
    there."""

    dir: Path
    seed: int = 0
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    report: Report = _ignore
    label: str = ""
    cost: Cost = _free

    @contextmanager
    def progress(self, total: float | None, label: str = "", done: float = 0) -> Iterator[Progress]:
        """A progress bar over ``total`` units, ``done`` of which an earlier run has already finished."""
        bar = Progress(label or self.label, total, self.report, done, cost=self.cost)
        bar.send()
        try:
            yield bar
        finally:
            bar.send(finished=True)

    def log(self, message: str) -> None:
        """One line to the person watching and to the manifest's notes."""
        self.report({"kind": "log", "label": self.label, "message": message})
