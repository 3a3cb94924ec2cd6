"""What rewards share: groups of traces, who is right, lengths and ranks within a group.

A reward is ``(groups, context, *, …) -> list[list[float]]``: a number for each trace of each group; not a
number leaves the trace out of the step. ``context`` is what a reward may ask the networks by; most need none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from limbeck.records import Group as Group
from limbeck.records import Trace
from limbeck.types import Configured, Verifier
from limbeck.verifiers.ops import verify

if TYPE_CHECKING:
    from limbeck.training.rollout_context import RolloutContext

LEFT_OUT = float("nan")


class Reward(Configured, Protocol):
    """A method of this room with its parameters fixed."""

    def __call__(self, groups: list[Group], context: RolloutContext) -> list[list[float]]: ...


def correct(groups: Sequence[Group], verifier: Verifier) -> list[list[bool | None]]:
    """Which traces are right; verdicts are written into them. None: nobody knows (``unknown``, ``timeout``).

    What nobody knows earns no reward and no penalty: such a trace is to be left out of the step.
    """
    problems = {group.problem.id: group.problem for group in groups}
    every = [trace for group in groups for trace in group.traces]
    for trace, judged in zip(every, verify(verifier, problems, every), strict=True):
        trace.verdicts = judged.verdicts
    return [[_right(trace) for trace in group.traces] for group in groups]


def _right(trace: Trace) -> bool | None:
    return None if trace.outcome in ("unknown", "timeout") else trace.outcome == "correct"


def length(trace: Trace) -> int:
    """In tokens of its writer, in characters where these are not known."""
    return trace.tokens if trace.tokens is not None else len(trace.reasoning) + len(trace.answer)


def chance(trace: Trace, salt: str = "") -> float:
    """A number in [0, 1) that belongs to the trace."""
    # Ids of one group differ by a digit: a checksum of them would tie the numbers to each other, a digest
    # does not.
    return (
        int.from_bytes(hashlib.blake2b(f"{salt}{trace.id}".encode(), digest_size=4).digest(), "little")
        / 2**32
    )


def deviations(values: Sequence[float]) -> list[float]:
    """Each value's distance from the mean in standard deviations; zeros where there is no spread."""
    mean = sum(values) / max(1, len(values))
    spread = (sum((value - mean) ** 2 for value in values) / max(1, len(values))) ** 0.5
    return [(value - mean) / spread if spread > 0 else 0.0 for value in values]
