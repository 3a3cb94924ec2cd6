"""Accuracy among the samples that took in what was asked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from limbeck.evaluation._shares import ratio
from limbeck.records import Problem, Trace

UNIT = "share"


def pass_perceived(
    problem: Problem, traces: list[Trace], *, score: str = "perceived"
) -> tuple[float, float] | None:
    """p-pass@1 of ReasoningTrap (arXiv 2505.17225): right and perceived over perceived, pooled over problems.

    Args:
        score: name in ``scores`` of a judgement whether a sample states the condition that matters, as
            `curation/graded` gives it; 0 is no, anything above is yes. Samples without it are left out.

    Returns:
        Means over a problem's samples of both, whose ratio over all problems is the measure.
    """
    known = [trace for trace in traces if score in trace.scores]
    if not known:
        return None
    perceived = [trace for trace in known if trace.scores[score] > 0]
    right = sum(trace.outcome == "correct" for trace in perceived)
    return right / len(known), len(perceived) / len(known)


def combine(parts: Sequence[tuple[float, float]]) -> list[float]:
    """Numbers whose mean is the ratio of the sums; none where nothing was perceived."""
    right_P, perceived_P = np.array(parts, dtype=float).T
    return ratio(right_P, perceived_P).tolist() if perceived_P.any() else []
