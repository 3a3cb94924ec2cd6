"""How much of several languages a thought is in."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts.languages import By, shares
from limbeck.texts.languages import mixing as entropy

UNIT = "nats"


def mixing(problem: Problem, traces: list[Trace], *, by: By = "letters") -> float | None:
    """Mean entropy of what a thought is written in (arXiv 2505.14815): 0 for one language, log 2 for two by
    halves. Thoughts without a letter are left out.

    Args:
        by: scripts of ``letters``, or languages of ``lines``.
    """
    parts = (shares(trace.reasoning, by) for trace in traces)
    return ops.mean(entropy(each) if each else None for each in parts)
