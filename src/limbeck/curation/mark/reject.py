"""Rejection sampling: only correct traces stay unmarked."""

from __future__ import annotations

from limbeck.curation.ops import marked
from limbeck.records import Data


def reject(data: Data) -> Data:
    """Mark every trace that is not correct with its outcome: ``wrong``, ``unparsed``, ``timeout`` or
    ``unknown``.

    What stays unmarked is the positives of supervised training (Yuan et al., arXiv 2308.01825); traces marked
    ``wrong`` alone are the negatives. A trace that no verifier has looked at is ``unknown``.
    """
    traces = [trace if trace.outcome == "correct" else marked(trace, trace.outcome) for trace in data.traces]
    return Data(data.problems, traces, data.pairs)
