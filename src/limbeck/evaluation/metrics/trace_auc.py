"""Whether a score of traces tells one kind of trace from another."""

from __future__ import annotations

from collections.abc import Sequence

from limbeck.evaluation.instruments._ranking import below as shares_below
from limbeck.records import Problem, Trace

UNIT = "score"
Scores = tuple[float, ...]
"""How many traces are of the upper kind, their scores, and those of the lower kind."""


def trace_auc(
    problem: Problem, traces: list[Trace], *, score: str, param: str, above: str, below: str
) -> Scores | None:
    """Chance that a trace of one kind scores more than one of another, over the traces of all problems (AUC).

    Args:
        score: a name in ``scores``; traces without it are left out.
        param: key of ``params`` with the kind.
        above, below: the two kinds; others are left out.

    Returns:
        The scores of a problem's traces of either kind, as one flat tuple; None where it has none.
    """
    kinds: dict[str, list[float]] = {above: [], below: []}
    for trace in traces:
        kind = str(trace.params.get(param))
        if kind in kinds and score in trace.scores:
            kinds[kind].append(trace.scores[score])
    return (len(kinds[above]), *kinds[above], *kinds[below]) if any(kinds.values()) else None


def combine(parts: Sequence[Scores]) -> list[float]:
    """A problem's share in the AUC, of which the mean is the AUC; none where one kind is missing."""
    counts = [int(each[0]) for each in parts]
    positives = [each[1 : 1 + count] for each, count in zip(parts, counts, strict=True)]
    negatives = [value for each, count in zip(parts, counts, strict=True) for value in each[1 + count :]]
    if not negatives or not sum(counts):
        return []
    shares = (float(shares_below(values, negatives).sum()) if values else 0.0 for values in positives)
    return [share * len(parts) / sum(counts) for share in shares]
