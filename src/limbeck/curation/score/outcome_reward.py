"""Rewards of stored traces from their verdicts."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.records import Data, Trace


def outcome_reward(
    data: Data,
    *,
    correct: float = 1.0,
    wrong: float = -1.0,
    more: dict[str, float] = {},  # noqa: B006 read as configuration, never changed
) -> Data:
    """Set ``scores["reward"]`` of traces found right or wrong; others are left as they are.

    Args:
        more: further scores for all of them, such as ``{anchor: 1}``.
    """
    rewards = {"correct": correct, "wrong": wrong}

    def rewarded(trace: Trace) -> Trace:
        if trace.outcome not in rewards:
            return trace
        return replace(trace, scores={**trace.scores, "reward": rewards[trace.outcome], **more})

    return Data(data.problems, [rewarded(trace) for trace in data.traces], data.pairs)
