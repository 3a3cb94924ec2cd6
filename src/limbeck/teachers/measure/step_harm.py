"""Whether a planted step does harm: the solver succeeds less often behind it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Trace
from limbeck.teachers._steps import Place, Prober
from limbeck.types import Verifier

WAS = "teachers/harm"


def step_harm(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    n: int = 8,
    margin: float = 0.5,
    drawing: Drawing = Drawing(temperature=0.7, top_p=1.0, max_tokens=2048),
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Score planted steps by the solver's success behind the step as it was, less that behind the planted one
    (SPC).

    ArXiv 2504.19162, section 3.2. Answers to `curation/sneaky_tasks` are the planted steps. One whose
    ``scores["step_harm"]`` is below ``margin`` is marked ``harmless``, one equal to the step as it was
    ``unchanged``, one that cannot be judged ``harm_unknown``. Traces that bear a mark are not looked at.

    Args:
        model: the solver; it goes on ``n`` times from either step.
        margin: least drop of the share that succeeds.

    Raises:
        LimbeckError: a problem that is no such task, settings out of range, or nothing could be judged.
    """
    if not 0 < margin <= 1:
        raise LimbeckError(
            f"teachers/step_harm: margin={margin}; a drop of the share that succeeds lies above 0, at most 1"
        )
    tasks = {problem.id: _task(problem) for problem in data.problems if not problem.marks}
    prober = Prober(model, verifier, drawing.sampling(n), prompting, Data(_originals(list(tasks.values()))))

    def place(task: dict[str, str], step: str) -> Place:
        return Place(task["problem_id"], task["prefix"] + step, task["format"])

    usable = [trace for trace in data.traces if not trace.marks and trace.problem_id in tasks]
    planted = [trace for trace in usable if trace.answer.strip()]
    both = {}
    for trace in planted:
        task = tasks[trace.problem_id]
        both[trace.id] = place(task, task["step"]), place(task, _like(trace.answer, task["step"]))
    prober.ask(each for pair in both.values() for each in pair if pair[0] != pair[1])
    prober.close(ctx)

    traces = [_scored(t, both[t.id], prober.known, margin) if t.id in both else t for t in data.traces]
    ctx.log(
        f"{sum('harmless' in trace.marks for trace in traces):,} of {len(planted):,} planted steps do no harm"
    )
    return Data(data.problems, traces, data.pairs)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: two places for each trace, ``n`` continuations of each."""
    each = prompt(counts, params["template"], params["system"], trace=True)
    return asked(counts.get("traces", 0) * 2 * params["n"], each, params["max_tokens"])


def _originals(tasks: list[dict[str, str]]) -> list[Problem]:
    """The problems that tasks come from."""
    problems = {}
    for task in tasks:
        name, question, answer = task["problem_id"], task["question"], task["answer"]
        problems[name] = Problem(id=name, question=question, answer=answer, verifier=task["verifier"])
    return list(problems.values())


def _scored(
    trace: Trace, both: tuple[Place, Place], known: dict[Place, float | None], margin: float
) -> Trace:
    """The trace with its harm, from the values of the place as it was and as it is planted."""
    if both[0] == both[1]:
        return replace(trace, marks=["unchanged"])
    before, behind = known.get(both[0]), known.get(both[1])
    if before is None or behind is None:
        return replace(trace, marks=["harm_unknown"])
    marks = ["harmless"] if before - behind < margin else []
    return replace(trace, scores={**trace.scores, "step_harm": before - behind}, marks=marks)


def _task(problem: Problem) -> dict[str, str]:
    if not isinstance(task := problem.meta.get("task"), dict):
        raise LimbeckError(
            f"teachers/step_harm: problem {problem.id} has no meta 'task'; make it with curation/sneaky_tasks"
        )
    return task


def _like(planted: str, step: str) -> str:
    """The planted step with the space around it that the step has."""
    lead, tail = len(step) - len(step.lstrip()), len(step) - len(step.rstrip())
    return step[:lead] + planted.strip() + step[len(step) - tail :]
