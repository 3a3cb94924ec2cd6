"""What a sampler says of its own tokens beside what the trainer computes of them, same weights.

Before a student has learned from its rollouts, the two differ by arithmetic alone: batch shapes, padding,
precision. On a token that is little, on the sum over a trace it is not (bench/results/real_drift.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BOUNDS = (0.8, 1.2)
"""Importance ratios between which an update is GRPO's, unclipped."""

TOLD = 0.01
"""Share of tokens or traces outside the bounds from which on it is said."""

ROUNDING = 0.05
"""Share of tokens that rounding has not been seen to reach, by far: more has another cause."""


@dataclass(frozen=True)
class Drift:
    """Shares of ``tokens`` and of ``traces`` with an importance ratio outside `BOUNDS`, and the ``largest``
    log-ratio of a trace, in nats; a trace's ratio is the product of its tokens'."""

    tokens: float
    traces: float
    largest: float

    @classmethod
    def of(cls, sampler: Sequence[np.ndarray], trainer: Sequence[np.ndarray]) -> Drift:
        """From log-probabilities of the same tokens, an array per trace."""
        gaps = [np.asarray(ours - theirs) for ours, theirs in zip(trainer, sampler, strict=True)]
        sums = np.array([gap.sum() for gap in gaps])
        return cls(_outside(np.concatenate(gaps)), _outside(sums), float(np.abs(sums).max()))

    def told(self, taken: bool) -> str:
        """What there is to say of it; empty where it is nothing to speak of.

        Args:
            taken: the trainer's log-probabilities take the place of the sampler's.
        """
        if max(self.tokens, self.traces) < TOLD:
            return ""
        told = (
            "sampler and trainer differ before anything is learned: importance ratios outside "
            f"{BOUNDS[0]} to {BOUNDS[1]} for {self.tokens:.1%} of tokens and {self.traces:.1%} of traces, "
            f"{self.largest:.2f} nats at most"
        )
        if self.tokens > ROUNDING:
            told += ". That is more than rounding: has the sampler the student's weights and tokenizer?"
        if taken:
            return f"{told}; ratios are taken to the trainer's own log-probabilities"
        return f"{told}; ratios are taken to the sampler's"


def _outside(log_ratio: np.ndarray) -> float:
    ratio = np.exp(log_ratio)
    return float(((ratio < BOUNDS[0]) | (ratio > BOUNDS[1])).mean())
