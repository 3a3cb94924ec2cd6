"""Samples under way and samples that wait: which of them go into the next batch together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LOGITS = 2**25
"""Logits computed at once, rows times vocabulary: 128 MiB in float32."""

ELSEWHERE = 4
"""So many times as many where the device is no CPU: there a step of few rows costs nearly what one of many
does."""

FIRST_GUESS = 128
"""Tokens a row is expected to write before any row has finished."""


def logits_at_once(model: Any) -> int:
    """Logits, rows times vocabulary, that a step may compute."""
    return LOGITS if model.device.type == "cpu" else LOGITS * ELSEWHERE


def rows_at_once(model: Any) -> int:
    """Rows whose logits a step may compute."""
    return max(1, logits_at_once(model) // int(model.get_output_embeddings().weight.shape[0]))


@dataclass(slots=True, eq=False)
class Row:
    """Sample ``number`` of prompt ``index``: the tokens it has written and whether it ended by itself.

    ``seen`` is the prompt and what was written, kept up to date at every token where a steering reads it.
    ``scores`` are what its cache took, where a policy looks after it.
    """

    prompt: list[int]
    index: int
    number: int
    most: int
    ids: list[int] = field(default_factory=list)
    logps: list[float] = field(default_factory=list)
    ended: bool = False
    seen: list[int] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Tokens it holds in the cache."""
        return len(self.prompt) + len(self.ids)


class Queue:
    """Rows that wait, the widest last; stragglers wait until all others have begun."""

    def __init__(self, rows: list[Row], budget: int, most: int) -> None:
        self.rows = sorted(rows, key=lambda row: (row.width, row.index, row.number))
        self.later: list[Row] = []
        self.budget, self.most = budget, most
        self.finished, self.written = 1, FIRST_GUESS

    def __len__(self) -> int:
        return len(self.rows) + len(self.later)

    def batch(self) -> list[Row]:
        """Rows of about one width, as many as fit if they write as much as others did."""
        if not self.rows:
            self.rows, self.later = sorted(self.later, key=lambda row: row.width), []
        return self._out(self.ready())

    def ready(self) -> int:
        """Of the rows that wait, how many would make a batch of their own."""
        if not self.rows:
            return 0
        widest = self.rows[-1]
        return min(len(self.rows), self.most, max(1, self.budget // (widest.width + self._expected(widest))))

    def joining(self, places: int, others: int, width: int) -> list[Row]:
        """Rows that may join a batch under way.

        Args:
            places: how many at most.
            others: rows that go on in it.
            width: columns that these hold.
        """
        if not self.rows:
            self.rows, self.later = sorted(self.later, key=lambda row: row.width), []
        count = 0
        for row in reversed(self.rows[-places:]):
            width = max(width, row.width)
            # Full to the brim, a batch would hand half of its rows back at the next step.
            room = min(self._expected(row), FIRST_GUESS)
            if (others + count + 1) * (width + room) > self.budget:
                break
            count += 1
        return self._out(count)

    def _expected(self, row: Row) -> int:
        """Tokens that a row may write."""
        return min(self.written // self.finished, row.most)

    def _out(self, count: int) -> list[Row]:
        """The widest rows."""
        cut = len(self.rows) - count
        rows = self.rows[cut:]
        del self.rows[cut:]
        return rows

    def done(self, rows: list[Row]) -> list[Row]:
        """Learn from finished rows how much to expect."""
        self.finished += len(rows)
        self.written += sum(len(row.ids) for row in rows)
        return rows
