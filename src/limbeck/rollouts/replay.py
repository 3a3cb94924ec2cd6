"""Student outputs when they begin to pay, kept and used again: DistiLLM's adaptive off-policy schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.rollouts.ops import prompts, written_items

if TYPE_CHECKING:
    from limbeck.training.batch import Item
    from limbeck.training.crew import Crew

DRAWS = "traces"


def replay(
    drawn: list[Item],
    crew: Crew,
    *,
    capacity: int = 1000,
    look_every: int = 20,
    tolerance: float = 0.1,
    increase: float = 0.1,
    temperature: float = 1.0,
    max_tokens: int = 256,
    format: str = "plain",
) -> list[Item]:
    """Stored traces at first; the student's own, fresh or from a buffer, the more the loss has risen (DistiLLM).

    ArXiv 2402.03898, section 3.2. The share φ of student outputs starts at 0 and grows by ``increase`` whenever the
    loss of a look is above that of the last one plus ``tolerance``. With probability φ a step uses student outputs; new
    ones are written with a probability that falls to zero at the end of the training, else the buffer gives some of
    those already there. The paper looks at a validation loss, this at the mean training loss of ``look_every`` steps.

    Args:
        capacity: most traces in the buffer; the oldest leave.
        tolerance: by how much the loss may rise unnoticed, relative to it.
    """
    memory = crew.memory
    _look(memory, look_every, tolerance, increase)
    share, rng = memory["share"], crew.rng
    chance = rng.random()
    buffer = crew.buffer
    if chance < share * (1 - crew.progress) or (chance < share and len(buffer) < len(drawn)):
        fresh = written_items(drawn, crew.write(prompts(drawn), 1, temperature, 1.0, max_tokens), crew, format)
        buffer += fresh
        del buffer[: max(0, len(buffer) - capacity)]
        memory["written"] = memory.get("written", 0.0) + 1
        return fresh
    if chance < share:
        return [buffer[place] for place in rng.choice(len(buffer), len(drawn), replace=False)]
    return drawn


def _look(memory: dict[str, float], look_every: int, tolerance: float, increase: float) -> None:
    """Now and then compare the mean loss with that of the last look."""
    memory.setdefault("share", 0.0)
    if "loss" not in memory:
        return
    memory["seen"] = memory.get("seen", 0.0) + 1
    memory["sum"] = memory.get("sum", 0.0) + memory["loss"]
    if memory["seen"] < look_every:
        return
    mean = memory.pop("sum") / memory.pop("seen")
    if "last" in memory and mean >= memory["last"] * (1 + tolerance):
        memory["share"] = min(1.0, memory["share"] + increase)
        memory["last"] = mean
    memory.setdefault("last", mean)
