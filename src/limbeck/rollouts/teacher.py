"""The teacher writes, anew at every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.rollouts.ops import prompts, written_items

if TYPE_CHECKING:
    from limbeck.networks.batch import Item
    from limbeck.training.rollout_context import RolloutContext


ASKS = ("teacher",)
"""Networks it asks, with the student's tokens."""


def teacher(
    drawn: list[Item],
    context: RolloutContext,
    *,
    n: int = 1,
    temperature: float = 1.0,
    top_p: float = 1.0,
    max_tokens: int = 256,
    format: str = "plain",
) -> list[Item]:
    """``n`` fresh traces of each problem from the live teacher: sequence-level distillation that never
    repeats itself.

    Kim and Rush, arXiv 1606.07947, with the teacher in memory and the student's vocabulary.
    """
    written = context.write(prompts(drawn), n, temperature, top_p, max_tokens, role="teacher")
    return written_items(drawn, written, context, format, "teacher")
