"""Chains of table operations: SELECTs in fenced blocks, each asked of the result before it."""

from __future__ import annotations

from msgspec import Struct

from limbeck.agents.actions import observation
from limbeck.agents.frames import Frame
from limbeck.texts.fences import FENCE, blocks
from limbeck.texts.tags import behind_thought

MOST_STEPS = 12
_CELLS = 20
"""Cells that an answer may have."""


class Chain(Struct):
    """Steps as they were written, their queries, and what came of them.

    ``why`` says why the query behind the last of ``frames`` failed; empty where none did.
    """

    steps: list[str]
    queries: list[str]
    frames: list[Frame] = []
    why: str = ""

    @property
    def answer(self) -> str:
        """The last result's cells; empty where a step failed, or the result is none."""
        if self.why or not self.frames:
            return ""
        cells = [cell for row in self.frames[-1].rows for cell in row if cell is not None]
        return ", ".join(map(_plain, cells)) if len(cells) <= _CELLS else ""

    def parts(self, rows: int, longest: int) -> list[tuple[str, bool]]:
        """The trace: each step and what it gave, and whether the model wrote it; the answer at the end."""
        parts = []
        for place, step in enumerate(self.steps):
            if place < len(self.frames):
                seen = self.frames[place].shown(rows)
            else:
                seen = self.why if place == len(self.frames) else "not run"
            parts += [(step + "\n", True), (observation(seen, longest), False)]
        if self.answer:
            parts.append((f"{FENCE}answer\n{self.answer}\n{FENCE}", True))
        return parts

    def shown(self, rows: int, longest: int) -> str:
        """The steps by number, counted from 0, with what each gave."""
        parts = [text for text, _ in self.parts(rows, longest)]
        pairs = zip(parts[::2], parts[1::2], strict=False)
        return "".join(f"Step {place}:\n{step}{seen}" for place, (step, seen) in enumerate(pairs))


def chain_of(text: str) -> Chain:
    """The steps in a reply: each ends with a block ``sql``. What follows the last one is dropped."""
    _, spoken, _ = behind_thought(text)
    steps, queries, begin = list[str](), list[str](), 0
    for block in blocks(spoken, any_head=True, own_line=True):
        if block.body is None or not block.closed or block.language.casefold() not in ("sql", "sqlite"):
            continue
        steps.append(spoken[begin : block.end].strip())
        queries.append(block.body.strip().rstrip(";"))
        begin = block.end
    return Chain(steps[:MOST_STEPS], queries[:MOST_STEPS])


def _plain(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
