"""How much of a reasoning checks, turns, corrects or restates."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts.parts import check_kinds
from limbeck.texts.steps import By, Cutting
from limbeck.texts.thoughts import labelled

UNIT = "share"


def step_share_at(problem: Problem, traces: list[Trace], *, kind: str, by: By = "paragraphs") -> float | None:
    """Mean share of the samples' steps that are of a kind of `limbeck.texts.parts.KINDS`; written
    ``step_share@check``.

    As `curation/segmented` noted it, or as words tell. A sample without reasoning is left out. With a
    benchmark for each difficulty (``benchmark: "level {level}"``), checks of easy problems are told apart.
    """
    check_kinds([kind], "metrics/step_share_at")
    every = [labelled(trace, Cutting(by=by))[0] for trace in traces]
    return ops.mean(sum(part.kind == kind for part in parts) / len(parts) for parts in every if parts)
