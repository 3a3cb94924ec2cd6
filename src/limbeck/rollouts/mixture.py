"""Stored traces, or now and then the student's own: generalised knowledge distillation's mixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def mixture(
    drawn: list[Item],
    context: RolloutContext,
    *,
    own: float = 0.5,
    temperature: float = 1.0,
    top_p: float = 1.0,
    max_tokens: int = 256,
    format: str = "plain",
) -> list[Item]:
    """With probability ``own`` a whole step's problems are answered by the student, else its stored traces
    are used.

    GKD, arXiv 2306.13649, algorithm 1: ``own`` 0 is supervised, 1 is on policy. No gradient goes through
    sampling.

    Args:
        own: the paper's λ.
        format: how the student's text is split into reasoning and answer; a name of ``formats/``.
    """
    if context.rng.random() >= own:
        return drawn
    return written_items(
        drawn, context.write(prompts(drawn), 1, temperature, top_p, max_tokens), context, format
    )
