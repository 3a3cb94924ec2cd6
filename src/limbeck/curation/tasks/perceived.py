"""Questions over facts and rules with only what bears on them, in the order of a proof."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck.checkers.perception import Perceiving
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem

WHERE = "curation/perceived"


def perceived(data: Data, *, perceiving: Perceiving = Perceiving(), ctx: Context) -> Data:
    """Make each unmarked question concise and organised (COP, arXiv 2310.03309), its kept traces with it.

    A reader that is to be asked through `decoding/perceived` with the same settings learns from these.

    Returns:
        The questions so perceived, their kept traces, and those that cannot be read as they are.
        A question stays the same problem, with its id. ``meta["shortened"]`` is the share of the characters
        that is left; where ``meta["proof"]`` lists the statements of a proof, ``meta["proof_lost"]`` is how
        much of them is not shown, a share.

    Raises:
        LimbeckError: a shape that is no regular expression or lacks its groups.
    """
    perceiving.check(WHERE)
    groups = Data(data.problems, data.kept()).by_problem()
    made, unread = Data(), 0
    for problem in data.problems:
        if problem.marks:
            continue
        seen = perceiving.perceived(problem.question)
        unread += seen is None
        task = _seen(problem, *seen) if seen else problem
        made.problems.append(task)
        for trace in groups.get(problem.id, []):
            fresh = replace(trace, id=f"{trace.id}/perceived", problem_id=task.id)
            made.traces.append(fresh if seen else trace)
    if unread:
        ctx.log(f"{unread:,} of {len(made.problems):,} questions are in another form and stay as they are")
    return made


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    Perceiving.of(given).check(WHERE)


def _seen(problem: Problem, question: str, kept: list[str]) -> Problem:
    meta = {**problem.meta, "shortened": len(question) / len(problem.question)}
    proof = problem.meta.get("proof")
    if proof:
        meta["proof_lost"] = sum(each not in kept for each in proof) / len(proof)
    # The same problem asked otherwise: whole and perceived answers are compared question by question.
    return replace(problem, question=question, meta=meta)
