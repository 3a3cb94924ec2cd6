"""How many steps samples reason in."""

from __future__ import annotations

from limbeck.evaluation import ops
from limbeck.records import Problem, Trace
from limbeck.texts.steps import By, Cutting, steps_of

UNIT = "steps"


def mean_steps(
    problem: Problem, traces: list[Trace], *, by: By = "auto", separator: str = ""
) -> float | None:
    """Mean number of steps of the samples' reasoning, cut as `limbeck.texts.steps` does; of the answer's
    where there is no reasoning."""
    cutting = Cutting(by=by, separator=separator)
    return ops.mean(len(steps_of(trace, cutting)[1]) for trace in traces)
