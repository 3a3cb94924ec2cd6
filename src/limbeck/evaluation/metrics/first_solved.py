"""Where in a thought the first right plan stands."""

from __future__ import annotations

from limbeck.checkers.plans import drafts
from limbeck.checkers.puzzles import puzzle
from limbeck.evaluation import ops
from limbeck.records import Problem, Trace

UNIT = "share"


def first_solved(problem: Problem, traces: list[Trace]) -> float | None:
    """Mean place, as a share of the thought, where the first plan that solves ``meta["puzzle"]`` ends.

    Low where thinking went on behind the solution, high where it came late (arXiv 2506.06941, section 4.4).
    Thoughts without one are left out.
    """
    code = problem.meta.get("puzzle")
    if not isinstance(code, str):
        return None
    asked = puzzle(code)
    tried = (drafts(trace.reasoning, asked) for trace in traces)
    return ops.mean(next((end for end, run in plans if run.solved), None) for plans in tried)
