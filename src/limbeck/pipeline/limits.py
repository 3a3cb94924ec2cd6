"""``--limit N``: a quick look at a recipe with the first N problems of every stage that brings some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from limbeck.errors import LimbeckError
from limbeck.pipeline.step import Step
from limbeck.records import Data


def limit(steps: Iterable[Step], n: int, where: str) -> None:
    """Have every step that brings problems from outside keep its first ``n``.

    Raises:
        LimbeckError: ``n`` is below 1, or no step brings problems.
    """
    if n < 1:
        raise LimbeckError(f"--limit takes a number of problems from 1 up, got {n}")
    bringing = [step for step in steps if step.method.room == "problems" and not step.inputs]
    if not bringing:
        raise LimbeckError(f"{where}: --limit cuts stages of problems/, and the recipe has none")
    for step in bringing:
        step.limit = n


def first(made: Data | Iterable[Data], n: int) -> Iterator[Data]:
    """The first ``n`` problems with their traces and pairs; of a stream no more is read than it takes."""
    left = n
    for part in [made] if isinstance(made, Data) else made:
        problems = part.problems[:left]
        known = {problem.id for problem in problems}
        traces = [trace for trace in part.traces if trace.problem_id in known]
        yield Data(problems, traces, [pair for pair in part.pairs if pair.problem_id in known])
        left -= len(problems)
        if left <= 0:
            return
