"""Steps of right traces, to be rewritten into wrong ones."""

from __future__ import annotations

import random

from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace
from limbeck.texts.questions import problem_id
from limbeck.texts.steps import Cutting, steps_of
from limbeck.texts.templates import check_fields, fill

TEMPLATE = (
    "Problem:\n{question}\n\nSolution so far:\n{prefix}\n\nNext step, which is right:\n{step}\n\n"
    "Rewrite the next step so that it looks right but is wrong, by this kind of error: {kind}. Write the new "
    "step only."
)


def sneaky_tasks(
    data: Data,
    *,
    kinds: tuple[str, ...] = ("a wrong calculation", "a wrong assumption", "a misread condition"),
    per_trace: int = 1,
    template: str = TEMPLATE,
    cutting: Cutting = Cutting(),
    seed: int = 0,
) -> Data:
    """Draw steps of correct traces without a mark, as problems that ask for a subtly wrong version of them
    (SPC).

    ArXiv 2504.19162, section 3.2. Sampled with `teachers/sample`, the answers are steps to plant;
    `teachers/step_harm` tells which of them do harm, `critic_tasks` shows them to a critic.

    Args:
        kinds: of errors; each task draws one.
        per_trace: most steps drawn of one trace, different ones.
        template: of the task, with ``{question}``, ``{prefix}``, ``{step}`` and ``{kind}``.

    Returns:
        The tasks alone, each with ``meta["task"]``: the problem it comes from and its answer, prefix, step
        and kind. The traces that steps are drawn of stay with the stage they come from.

    Raises:
        LimbeckError: no kinds, ``per_trace`` below 1, a template without ``{step}``, or no correct trace.
    """
    if not kinds or per_trace < 1:
        raise LimbeckError(
            f"sneaky_tasks: kinds={list(kinds)}, per_trace={per_trace}: at least one of each is needed"
        )
    check_fields(template, ("step",), "curation/sneaky_tasks")
    problems = data.problem_by_id()
    right = [trace for trace in data.kept() if trace.outcome == "correct" and trace.problem_id in problems]
    if data.traces and not right:
        raise LimbeckError(f"sneaky_tasks: none of {len(data.traces):,} traces is correct and without a mark")
    made: dict[str, Problem] = {}
    for trace in right:
        rng = random.Random(f"{seed}/{trace.id}")
        text, ends = steps_of(trace, cutting)
        for step in sorted(rng.sample(range(len(ends)), min(per_trace, len(ends)))):
            task = _task(problems[trace.problem_id], trace, text, ends, step, rng.choice(kinds), template)
            made.setdefault(task.id, task)
    return Data(list(made.values()))


def _task(
    problem: Problem, trace: Trace, text: str, ends: list[int], step: int, kind: str, template: str
) -> Problem:
    begin = ends[step - 1] if step else 0
    task = {
        "problem_id": problem.id,
        "question": problem.question,
        "answer": problem.answer,
        "verifier": problem.verifier,
        "trace": trace.id,
        "number": step,
        "format": trace.format,
        "prefix": text[:begin],
        "step": text[begin : ends[step]],
        "kind": kind,
    }
    asked = fill(
        template, question=problem.question, prefix=text[:begin], step=text[begin : ends[step]], kind=kind
    )
    return Problem(
        id=problem_id(asked),
        question=asked,
        verifier=problem.verifier,
        source=problem.source,
        split=problem.split,
        meta={"task": task},
    )
