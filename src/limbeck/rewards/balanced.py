"""As many right as wrong traces in every group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.rewards.ops import LEFT_OUT, Group, chance, correct
from limbeck.types import Verifier

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext


def balanced(
    groups: list[Group],
    context: RolloutContext | None = None,
    *,
    verifier: Verifier,
    right: float = 1.0,
    wrong: float = -1.0,
) -> list[list[float]]:
    """+1 and -1, and of a group's more frequent kind only as many as of the other (Phi-4-Mini-Reasoning).

    ArXiv 2504.21233. Which are left out is decided by the traces' ids. A group all right or all wrong has no
    contrast and is left out whole.
    """
    rewards = []
    for group, marks in zip(groups, correct(groups, verifier), strict=True):
        keep = min(marks.count(True), marks.count(False))
        row = [LEFT_OUT] * len(marks)
        for kind, value in ((True, right), (False, wrong)):
            places = [place for place, good in enumerate(marks) if good is kind]
            for place in sorted(places, key=lambda place: chance(group.traces[place]))[:keep]:
                row[place] = value
        rewards.append(row)
    return rewards
