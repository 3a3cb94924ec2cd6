"""Accuracy of samples of some length."""

from __future__ import annotations

import math

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.types import Weight

UNIT = "share"


def pass_between(
    problem: Problem, traces: list[Trace], *, low: Weight = 0.0, high: Weight = math.inf
) -> float | None:
    """Share of the samples that are right, of those with at least ``low`` and fewer than ``high`` tokens.

    Several of them are a curve over bins of length: of accuracy, or of following instructions (MathIF, arXiv
    2505.14810, section 4.3). Problems without such a sample are left out, so bins stand on different
    problems: longer samples are those of harder ones.
    """
    chosen = (trace for trace in traces if trace.tokens is not None and low <= trace.tokens < high)
    return ops.mean(trace.outcome == "correct" for trace in chosen)
