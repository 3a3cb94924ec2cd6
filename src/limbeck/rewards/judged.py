"""What a model that judges makes of a trace, as its reward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.rewards.ops import LEFT_OUT, Group, correct
from limbeck.types import Verifier

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext


def judged(
    groups: list[Group],
    context: RolloutContext | None = None,
    *,
    verifier: Verifier,
    use: Literal["score", "outcome"] = "score",
    truncated: float = 0.0,
    malformed: float = 0.0,
) -> list[list[float]]:
    """The score of a reward model, discriminator or judge; its outcome, 1 or 0, where that is asked for.

    A trace whose verdict is ``unknown``, or that has no score where one is wanted, is left out of the step: a
    judge that could not tell has not found it wrong.

    Args:
        verifier: a verifier whose verdicts have a score, such as ``reward_model``.
        truncated: for a trace cut off at the token limit, whatever the judge says.
        malformed: for one in which no answer was found.
    """
    correct(groups, verifier)
    rewards = []
    for group in groups:
        row = []
        for trace in group.traces:
            verdict = trace.verdicts[-1]
            value = float(verdict.outcome == "correct") if use == "outcome" else verdict.score
            if trace.finish == "length":
                value = truncated
            elif verdict.outcome == "unparsed":
                value = malformed
            elif value is None or verdict.outcome in ("unknown", "timeout"):
                value = LEFT_OUT
            row.append(value)
        rewards.append(row)
    return rewards
