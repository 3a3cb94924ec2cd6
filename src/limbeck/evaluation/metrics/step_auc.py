"""Whether scores of steps tell one kind from another."""

from __future__ import annotations

from collections.abc import Sequence

from limbeck.evaluation.instruments._ranking import below as shares_below
from limbeck.records import Problem, Trace
from limbeck.texts.parts import parts_of

UNIT = "score"
Scores = tuple[float, ...]
"""How many steps are of the upper kind, their scores, and those of the lower kind."""


def step_auc(
    problem: Problem,
    traces: list[Trace],
    *,
    score: str = "impact",
    above: str = "correction",
    below: str = "check",
) -> Scores | None:
    """Chance that a step of one kind scores more than one of another, over the steps of all problems (AUC).

    Args:
        score: what stands before ``/0``, ``/1``, … in the names of steps' scores.
        above, below: kinds of `limbeck.texts.parts`, as `curation/segmented` noted them.

    Returns:
        The scores of a problem's steps of either kind, as one flat tuple; None where it has none.
    """
    scores: dict[str, list[float]] = {above: [], below: []}
    for trace in traces:
        for step, part in enumerate(parts_of(trace)):
            if part.kind in scores and f"{score}/{step}" in trace.scores:
                scores[part.kind].append(trace.scores[f"{score}/{step}"])
    return (len(scores[above]), *scores[above], *scores[below]) if any(scores.values()) else None


def combine(parts: Sequence[Scores]) -> list[float]:
    """A problem's share in the AUC, of which the mean is the AUC; not a number where one kind is missing."""
    counts = [int(each[0]) for each in parts]
    positives = [each[1 : 1 + count] for each, count in zip(parts, counts, strict=True)]
    negatives = [value for each, count in zip(parts, counts, strict=True) for value in each[1 + count :]]
    if not negatives or not sum(counts):
        return [float("nan")] * len(parts)
    shares = (float(shares_below(values, negatives).sum()) if values else 0.0 for values in positives)
    return [share * len(parts) / sum(counts) for share in shares]
