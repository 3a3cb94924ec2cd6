"""What a part of the kit saw, and the table of all parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """Counts of one part of the kit.

    Attributes:
        tried: faults, kills, damages or probes.
        lost: traces, requests or steps that were made and are not there any more.
        doubled: what was made, or paid for, twice; requests in flight at a kill are not counted.
        escaped: what came out of its walls, or was believed though it was not so.
        hung: what did not end within its bound.
        notes: one line for each that counts, and what a reader should know.
    """

    part: str
    tried: int = 0
    lost: int = 0
    doubled: int = 0
    escaped: int = 0
    hung: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.escaped or self.hung)

    def row(self) -> str:
        counts = (self.tried, self.lost, self.doubled, self.escaped, self.hung)
        return f"| {self.part} | {' | '.join(map(str, counts))} |"


def table(outcomes: Iterable[Outcome]) -> str:
    """All parts as Markdown, what they noted below."""
    parts = list(outcomes)
    lines = ["| part | tried | lost | doubled | escaped | hung |", "|---|---:|---:|---:|---:|---:|"]
    lines += [part.row() for part in parts]
    lines += [f"\n- {part.part}: {note}" for part in parts for note in part.notes]
    return "\n".join(lines) + "\n"
