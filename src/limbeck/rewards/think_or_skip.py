"""When to think and when to answer at once, learned in three stages."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from limbeck.errors import LimbeckError
from limbeck.records import Trace
from limbeck.rewards.ops import LEFT_OUT, Group, correct, deviations, length
from limbeck.types import Verifier

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext


def think_or_skip(
    groups: list[Group],
    context: RolloutContext | None = None,
    *,
    verifier: Verifier,
    stage: Literal[1, 2, 3] = 1,
    marker: str = "",
    length_right: float = 0.05,
    length_wrong: float = 0.05,
) -> list[list[float]]:
    """Thinking earns 1 or 0, skipping 2 or -1; first both modes are kept alive, last lengths are shaped
    (AutoThink).

    ArXiv 2505.10832. Stage 1 blends the rewards of a mode that holds more than half of the step's traces
    towards a target that rewards leaving it: 0 or -1 for thinking, 1 or -2 for skipping. Stage 2 leaves the
    rewards as they are. Stage 3 adds, within a group's right and its wrong traces, ``exp(-a z) - 1`` for
    right and ``1 - exp(-b z)`` for wrong ones, ``z`` the length in standard deviations: of right traces the
    short, of wrong ones the long earn more.

    Args:
        marker: what a thinking trace's reasoning begins with; empty: any reasoning is thinking.
        length_right: a; length_wrong: b.
    """
    if stage not in (1, 2, 3):
        raise LimbeckError(f"think_or_skip has the stages 1, 2 and 3, got {stage!r}")
    marks = correct(groups, verifier)
    modes = [[_thinks(trace, marker) for trace in group.traces] for group in groups]
    every = [mode for row in modes for mode in row]
    share = sum(every) / max(1, len(every))
    rewards = []
    for group, good, thinking in zip(groups, marks, modes, strict=True):
        known = [mark is not None for mark in good]
        row = [_base(bool(right), thinks) for right, thinks in zip(good, thinking, strict=True)]
        if stage == 1:
            triples = zip(row, good, thinking, strict=True)
            row = [_balanced(value, bool(right), thinks, share) for value, right, thinks in triples]
        if stage == 3:
            row = _shaped(row, good, [length(trace) for trace in group.traces], length_right, length_wrong)
        rewards.append([value if sure else LEFT_OUT for value, sure in zip(row, known, strict=True)])
    return rewards


def _thinks(trace: Trace, marker: str) -> bool:
    reasoning = trace.reasoning.strip()
    return reasoning.startswith(marker) if marker else bool(reasoning)


def _base(right: bool, thinks: bool) -> float:
    return (1.0 if right else 0.0) if thinks else (2.0 if right else -1.0)


def _balanced(value: float, right: bool, thinks: bool, share: float) -> float:
    """A mode that prevails is rewarded less; ``share`` is that of thinking traces."""
    of_mode = share if thinks else 1 - share
    much = min(1.0, max(0.0, 2 * (of_mode - 0.5)))
    target = (0.0 if right else -1.0) if thinks else (1.0 if right else -2.0)
    return (1 - much) * value + much * target


def _shaped(row: list[float], good: list[bool | None], lengths: list[int], a: float, b: float) -> list[float]:
    shaped = list(row)
    for kind in (True, False):
        places = [place for place, right in enumerate(good) if right is kind]
        for place, z in zip(places, deviations([lengths[place] for place in places]), strict=True):
            shaped[place] += math.exp(-a * z) - 1 if kind else 1 - math.exp(-b * z)
    return shaped
