"""How far plans get."""

from __future__ import annotations

from limbeck.checkers.plans import moves_in, played
from limbeck.checkers.puzzles import puzzle
from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "moves"


def moves_right(problem: Problem, traces: list[Trace]) -> float | None:
    """Mean number of allowed moves before the first that is not, of plans for ``meta["puzzle"]``.

    All moves of a plan count where none is forbidden. Problems without a puzzle are left out.
    """
    code = problem.meta.get("puzzle")
    if not isinstance(code, str):
        return None
    asked = puzzle(code)
    runs = (played(asked, moves_in(trace.answer, asked)) for trace in traces)
    return ops.mean(run.length if run.fault is None else run.fault for run in runs)
