"""What rollouts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from limbeck.training.batch import Item

if TYPE_CHECKING:
    from limbeck.training.crew import Crew, Written


def written_items(
    drawn: Sequence[Item], written: Sequence[Sequence[Written]], crew: Crew, format: str, writer: str = "student"
) -> list[Item]:
    """Continuations of the drawn items' prompts as items, in order; what did not begin at all is left out."""
    items = []
    for item, samples in zip(drawn, written, strict=True):
        for number, sample in enumerate(samples):
            if sample.ids:
                items.append(Item((crew.row(item.rows[0], sample, number, format, writer),), item.weight))
    return items


def prompts(drawn: Sequence[Item]) -> list[list[int]]:
    """What the drawn items ask, as token ids."""
    return [item.rows[0].ids[: item.rows[0].start].tolist() for item in drawn]
