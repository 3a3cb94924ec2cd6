"""How much of a reasoning says again what it has said."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts.steps import By, Cutting
from limbeck.texts.thoughts import ALIKE, labelled, repeats
from limbeck.types import PositiveShare

UNIT = "share"


def repeated_steps(
    problem: Problem,
    traces: list[Trace],
    *,
    by: By = "paragraphs",
    alike: PositiveShare = ALIKE,
    question: bool = True,
) -> float | None:
    """Mean share of the samples' steps that say again what stood before: redundant content (arXiv
    2503.21614).

    Args:
        by: what a step is, as `limbeck.texts.steps` cuts; where `curation/segmented` cut, its steps.
        alike: share of a step's sequences of three words, numbers and signs that stood there before.
        question: whether a restated question counts.
    """
    seen = [problem.question] if question else []
    steps = [labelled(trace, Cutting(by=by))[1] for trace in traces]
    return ops.mean(sum(repeats(each, seen, alike)) / len(each) for each in steps if each)
