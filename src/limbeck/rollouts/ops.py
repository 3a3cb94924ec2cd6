"""What rollouts share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from limbeck.networks.batch import Item
from limbeck.types import Configured

if TYPE_CHECKING:
    from limbeck.training.rollout_context import Continuation, RolloutContext


class Rollout(Configured, Protocol):
    """A method of this room with its parameters fixed."""

    def __call__(self, drawn: list[Item], context: RolloutContext) -> list[Item]: ...


def written_items(
    drawn: Sequence[Item],
    written: Sequence[Sequence[Continuation]],
    context: RolloutContext,
    format: str,
    writer: str = "student",
) -> list[Item]:
    """Continuations of the drawn items' prompts, all drawn at one temperature, as items in order; what no row
    can be made of is left out."""
    items = []
    firsts = context.numbers([item.rows[0].problem for item in drawn], max(map(len, written), default=0))
    for item, first, samples in zip(drawn, firsts, written, strict=True):
        for number, sample in enumerate(samples, first):
            if sample.ids and (row := context.row(item.rows[0], sample, number, format, writer)):
                items.append(Item((row,), item.weight))
    drawn_at = {sample.temperature for samples in written for sample in samples}
    # Another writer's log-probabilities are its own affair.
    return context.as_sampled(items, drawn_at.pop()) if writer == "student" and len(drawn_at) == 1 else items


def prompts(drawn: Sequence[Item]) -> list[list[int]]:
    """What the drawn items ask, as token ids."""
    return [item.rows[0].ids[: item.rows[0].start].tolist() for item in drawn]
