"""Knowing is best, refusing is better than guessing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.rewards.ops import LEFT_OUT, Group, correct
from limbeck.types import Verifier

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext


def refusal(
    groups: list[Group],
    context: RolloutContext | None = None,
    *,
    verifier: Verifier,
    phrases: tuple[str, ...] = ("do not know", "don't know"),
    right: float = 1.0,
    refused: float = -0.5,
    wrong: float = -1.0,
) -> list[list[float]]:
    """1 for a right answer, -0.5 for admitting ignorance in the answer, -1 for anything else (BARREL).

    ArXiv 2505.13529. A refusal counts where the answer, not the reasoning, contains one of the phrases, in
    capitals or not.
    """
    admissions = tuple(phrase.lower() for phrase in phrases)
    rewards = []
    for group, marks in zip(groups, correct(groups, verifier), strict=True):
        row = []
        for trace, good in zip(group.traces, marks, strict=True):
            admits = trace.finish != "length" and any(phrase in trace.answer.lower() for phrase in admissions)
            row.append(right if good else refused if admits else LEFT_OUT if good is None else wrong)
        rewards.append(row)
    return rewards
