"""Rewards without a reference: what the group agrees on, or what a teacher finds likely."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from limbeck.errors import LimbeckError
from limbeck.rewards.ops import LEFT_OUT, Group

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext


def asks(source: str = "majority", **params: object) -> tuple[str, ...]:
    """Which networks it asks, with the student's tokens."""
    return ("teacher",) if source == "teacher" else ()


WAS = "rewards/pseudo"


def label_free(
    groups: list[Group],
    context: RolloutContext | None = None,
    *,
    source: Literal["majority", "teacher"] = "majority",
    least: float = 0.0,
) -> list[list[float]]:
    """A pseudo-reward: agreeing with most of the group, or how likely the teacher finds the trace.

    ``majority`` gives 1 for the group's most frequent answer (equals: the first seen) and 0 for others;
    groups in which it has less than the share ``least`` are left out (compare TTRL, arXiv 2504.16084).
    ``teacher`` gives the mean log-probability per token under a live teacher.

    Raises:
        LimbeckError: ``teacher`` without a context to ask.
    """
    if source == "teacher":
        if context is None:
            raise LimbeckError("pseudo rewards of a teacher need one: set teacher: in training/fit")
        return [[float(value) for value in _mean_logps(group, context)] for group in groups]
    rewards = []
    for group in groups:
        answers = [trace.answer.strip() for trace in group.traces]
        votes = Counter(answer for answer in answers if answer)
        top, count = votes.most_common(1)[0] if votes else ("", 0)
        if count < least * len(answers) or not count:
            rewards.append([LEFT_OUT] * len(answers))
        else:
            rewards.append([float(answer == top) for answer in answers])
    return rewards


def _mean_logps(group: Group, context: RolloutContext) -> list[float]:
    rows = [context.rows[trace.id] for trace in group.traces]
    return [float(values.mean()) for values in context.logps("teacher", rows)]
