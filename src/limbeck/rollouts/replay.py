"""Student outputs when stored traces no longer help, kept and used again: DistiLLM's off-policy schedule."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

from limbeck.rollouts.ops import prompts, written_items

if TYPE_CHECKING:
    from limbeck.networks.batch import Item
    from limbeck.training.rollout_context import RolloutContext

VERSION = 2
DRAWS = "traces"


def version(temperature: float = 1.0, **settings: object) -> int:
    """Another one where text is drawn at a temperature that is not 1: its log-probabilities are those of that
    temperature."""
    return VERSION if temperature in (0, 1) else VERSION + 1


def replay(
    drawn: list[Item],
    context: RolloutContext,
    *,
    capacity: int = 1000,
    look_every: int = 20,
    tolerance: float = 0.1,
    increase: float = 0.1,
    held_out: int = 64,
    temperature: float = 1.0,
    max_tokens: int = 256,
    format: str = "plain",
) -> list[Item]:
    """Stored traces at first; the student's own, fresh or from a buffer, as it begins to overfit (DistiLLM).

    ArXiv 2402.03898, section 3.2. The share φ of student outputs starts at 0 and grows by ``increase``
    whenever the validation loss is above that of the last look plus ``tolerance``. With probability φ a step
    uses student outputs: new ones with a probability that falls to zero at the end of the training, else some
    of those in the buffer. The validation loss is the student's negative log-likelihood per token of a
    twentieth of the stored traces, which are not trained on. The curve has ``share`` and ``fresh``, whether a
    step has written anew.

    Args:
        capacity: most traces in the buffer; the oldest leave.
        look_every: steps between looks.
        held_out: most traces to look at.
    """
    memory, rng, buffer = context.memory, context.rng, context.buffer
    if context.step % look_every == 0:
        _look(context, tolerance, increase, held_out)
    share, chance = memory["share"], rng.random()
    context.shown |= {"share": share, "fresh": 0.0}
    drawn = [item for item in drawn if not _is_held_out(item)] or drawn
    if chance < share * (1 - context.progress) or (chance < share and len(buffer) < len(drawn)):
        fresh = written_items(
            drawn, context.write(prompts(drawn), 1, temperature, 1.0, max_tokens), context, format
        )
        buffer += fresh
        del buffer[: max(0, len(buffer) - capacity)]
        context.shown["fresh"] = 1.0
        return fresh
    if chance < share:
        return [buffer[place] for place in rng.choice(len(buffer), len(drawn), replace=False)]
    return drawn


def _is_held_out(item: Item) -> bool:
    return zlib.crc32(item.rows[0].id.encode()) % 20 == 0


def _look(context: RolloutContext, tolerance: float, increase: float, held_out: int) -> None:
    """Compare the validation loss with that of the last look that changed anything."""
    memory = context.memory
    memory.setdefault("share", 0.0)
    rows = [item.rows[0] for item in context.items if _is_held_out(item)][:held_out]
    if not rows:
        return
    loss = -float(np.concatenate(context.logps("student", rows)).mean())
    if "last" in memory and loss >= memory["last"] + tolerance:
        memory["share"] = min(1.0, memory["share"] + increase)
        memory["last"] = loss
    memory.setdefault("last", loss)
    context.shown["held_out"] = loss
