"""On policy: the student itself writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.rollouts.ops import prompts, written_items

if TYPE_CHECKING:
    from limbeck.networks.batch import Item
    from limbeck.training.rollout_context import RolloutContext


def version(temperature: float = 1.0, end_temperature: float = -1.0, **settings: object) -> int:
    """Another one where text is drawn at a temperature that is not 1: its log-probabilities are those of that
    temperature."""
    plain = temperature in (0, 1) and end_temperature in (temperature, -1)
    return 1 if plain else 2


def student(
    drawn: list[Item],
    context: RolloutContext,
    *,
    n: int = 8,
    temperature: float = 1.0,
    end_temperature: float = -1.0,
    anneal: float = 0.5,
    top_p: float = 1.0,
    max_tokens: int = 256,
    end_tokens: int = 0,
    format: str = "plain",
) -> list[Item]:
    """``n`` traces of each problem from the student as it stands.

    Args:
        end_temperature: where the temperature goes, in a straight line over the first ``anneal`` of the
            training (Phi-4-Mini-Reasoning, arXiv 2504.21233); negative keeps ``temperature``.
        max_tokens: longest trace; with ``end_tokens`` the budget grows to that over the training
            (AceReason-Nemotron, arXiv 2505.16400).
        format: how a text is split into reasoning and answer; a name of ``formats/``.
    """
    if end_temperature >= 0:
        gone = min(1.0, context.progress / anneal) if anneal > 0 else 1.0
        temperature += (end_temperature - temperature) * gone
    if end_tokens:
        max_tokens += round((end_tokens - max_tokens) * context.progress)
    written = context.write(prompts(drawn), n, temperature, top_p, max_tokens)
    return written_items(drawn, written, context, format)
