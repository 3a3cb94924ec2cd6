"""How many of the ways that are tried lead nowhere."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts import thoughts
from limbeck.texts.steps import By, Cutting

UNIT = "share"


def abandoned(problem: Problem, traces: list[Trace], *, by: By = "paragraphs") -> float | None:
    """Mean share of the samples' approaches in which the sample's answer does not stand: superficial
    exploration (arXiv 2503.21614).

    Approaches are those that `curation/segmented` noted, or that words tell. A sample without one is left
    out.
    """
    counts = [thoughts.approaches(thoughts.labelled(trace, Cutting(by=by))[0]) for trace in traces]
    return ops.mean(left / total for total, left in counts if total)
