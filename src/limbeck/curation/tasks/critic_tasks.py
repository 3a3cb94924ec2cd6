"""Planted and untouched steps, as problems for a critic."""

from __future__ import annotations

from typing import Any

from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem
from limbeck.texts.questions import problem_id
from limbeck.texts.templates import check_fields, fill

TEMPLATE = (
    "Problem:\n{question}\n\nSolution so far:\n{prefix}\n\nNext step:\n{step}\n\n"
    "Check the next step alone. Explain briefly, then end with one word: right or wrong."
)


def critic_tasks(data: Data, *, template: str = TEMPLATE, right: str = "right", wrong: str = "wrong") -> Data:
    """Ask whether a step is right: of each planted step without a mark, and of the step in whose place it
    stands (SPC).

    ArXiv 2504.19162, section 3.3. Right and wrong steps stand in the same places, and are as many where each
    place has one planted step. A step that is asked about with both answers is left out.

    Args:
        data: tasks of `sneaky_tasks` with planted steps as traces, the harmless ones marked by
            `teachers/step_harm`.
        template: the critic's question, the same as that of `verifiers/critic`.
        right, wrong: the reference answers.

    Returns:
        The tasks alone, problems of verifier ``exact``; ``meta["planted"]`` lists the ids of the traces whose
        step it shows, which stay with the stage they come from.

    Raises:
        LimbeckError: a template without ``{step}``, or no planted step is left.
    """
    check_fields(template, ("step",), "curation/critic_tasks")
    usable = [problem for problem in data.problems if not problem.marks and "task" in problem.meta]
    tasks = {problem.id: problem.meta["task"] for problem in usable}
    made: dict[str, Problem] = {}
    clash = set()
    for trace in data.traces:
        if trace.marks or trace.problem_id not in tasks or not trace.answer.strip():
            continue
        task = tasks[trace.problem_id]
        for step, answer, planted in ((task["step"], right, []), (trace.answer.strip(), wrong, [trace.id])):
            asked = fill(template, question=task["question"], prefix=task["prefix"], step=step)
            name = problem_id(asked)
            meta: dict[str, Any] = {"planted": [], "step": step}
            new = Problem(id=name, question=asked, answer=answer, verifier="exact", meta=meta)
            known = made.setdefault(name, new)
            known.meta["planted"] += planted
            if known.answer != answer:
                clash.add(name)
    if data.traces and not made:
        raise LimbeckError(
            f"critic_tasks: none of {len(data.traces):,} traces is a planted step without a mark"
        )
    return Data([problem for problem in made.values() if problem.id not in clash])
