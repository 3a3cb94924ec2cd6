"""Plans for puzzles, simulated move by move."""

from __future__ import annotations

from limbeck.checkers.plans import NO_SOLUTION, moves_in, played
from limbeck.checkers.puzzles import puzzle, shortest
from limbeck.records import Problem, Trace, Verdict


def moves(problem: Problem, trace: Trace, *, optimal: bool = False) -> Verdict:
    """Every move of a plan is allowed and the last one reaches the goal of ``meta["puzzle"]``.

    Moves stand one a line, ``1 K D``, between semicolons, or in brackets, ``[[1, K, D], …]``. Where
    breadth-first search finds no plan at all, an answer that says so is ``correct`` and a plan is
    ``unknown``, for there was nothing to fail at (arXiv 2506.06941 counted such river crossings as failures).
    An answer without a move is ``unparsed``: who describes how to go on has not solved it and has not erred.

    Args:
        optimal: whether the plan may have no more moves than a shortest one.

    Returns:
        A verdict whose ``extracted`` is the plan; the reason names the first move that is not allowed,
        counted from 1, and the rule.
    """
    code = problem.meta.get("puzzle")
    try:
        asked = puzzle(str(code))
        fewest = shortest(str(code))
    except ValueError as error:
        return Verdict("moves", "unknown", reason=f"meta['puzzle']: {error}")
    answer = trace.answer.strip()
    plan = moves_in(answer, asked)
    if not plan and NO_SOLUTION.search(answer):
        if fewest is None:
            return Verdict("moves", "correct", "no solution", "there is none")
        return Verdict("moves", "wrong", "no solution", f"{len(fewest)} moves solve it")
    if not plan:
        return Verdict("moves", "unparsed", answer[:80] or None, "no moves")
    written = "; ".join(map(" ".join, plan))[:200]
    if fewest is None:
        return Verdict("moves", "unknown", written, "the puzzle has no solution")
    run = played(asked, plan)
    if run.fault is not None:
        told = f"move {run.fault + 1}, {' '.join(plan[run.fault])}: {run.why}"
        return Verdict("moves", "wrong", written, told)
    if not run.solved:
        return Verdict("moves", "wrong", written, f"{run.length} moves end elsewhere")
    if optimal and run.length > len(fewest):
        return Verdict("moves", "wrong", written, f"{run.length} moves, {len(fewest)} are enough")
    return Verdict("moves", "correct", written, f"{run.length} moves")
