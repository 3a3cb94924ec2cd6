"""Instructions about the form of the answer, attached to problems."""

from __future__ import annotations

import random
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.errors import LimbeckError, unknown
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.texts.instructions import KINDS, drawn, told
from limbeck.texts.obeying import obeying
from limbeck.texts.questions import problem_id
from limbeck.types import Share

SIGNS = dict(zip(KINDS, "abcdefghijklmno", strict=True))
"""What stands for each kind in the short form."""
SHORT: dict[str, dict[str, Any]] = {
    "include": {"keyword": "x"},
    "exclude": {"keyword": "y"},
    "count": {"keyword": "z", "times": 2},
    "start": {"phrase": "!"},
    "end": {"phrase": "?"},
}


def instructed(
    data: Data,
    *,
    counts: tuple[int, ...] = (1, 2, 3),
    kinds: tuple[str, ...] = (),
    form: Literal["text", "signs"] = "text",
    restated: Share = 0.0,
    seed: int = 0,
) -> Data:
    """Attach one to three instructions to each problem that do not exclude each other (MathIF).

    ArXiv 2505.14810, section 3: fifteen kinds, combined by a table of conflicts. `verifiers/instructions`
    checks whether an answer follows all of them, the metric `instructions_met` how many; whether it is right
    is another question.

    Args:
        counts: how many a problem gets; they take turns.
        kinds: those that are drawn from; none named, all fifteen.
        form: ``text`` adds a sentence for each behind the question, ``signs`` a letter behind ``|``, for
            small students, whose keywords and phrases are single signs.
        restated: share of the traces that repeat the instructions before they answer.

    Returns:
        The new problems alone, with ``meta["instructions"]`` and ``meta["asked"]``, the question without
        them; kept right traces come along, their answers rewritten by rules so that they follow.

    Raises:
        LimbeckError: an unknown kind, or kinds of which none combine in such numbers.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of instruction", kind, KINDS, "curation/instructed")
    if not counts or min(counts) < 1:
        raise LimbeckError(f"curation/instructed: counts={list(counts)}: at least one instruction each")
    kinds = kinds or tuple(KINDS)
    by_problem: dict[str, list[Trace]] = {}
    for trace in data.kept():
        if trace.outcome == "correct":
            by_problem.setdefault(trace.problem_id, []).append(trace)
    made = Data()
    for problem in data.problems:
        if not problem.marks:
            task = _task(problem, counts, kinds, form, seed)
            made.problems.append(task)
            made.traces += [_obeying(trace, task, restated, seed) for trace in by_problem.get(problem.id, ())]
    return made


def _task(problem: Problem, counts: tuple[int, ...], kinds: tuple[str, ...], form: str, seed: int) -> Problem:
    # Not by the problem's place, which depends on the shards.
    rng = random.Random(f"instructed/{seed}/{problem.id}")
    count = rng.choice(counts)
    chosen = drawn(count, kinds, rng)
    if chosen is None:
        raise LimbeckError(f"curation/instructed: no {count} of {', '.join(kinds)} can be followed at once")
    if form == "signs":
        chosen = [{**each, **SHORT.get(each["kind"], {})} for each in chosen]
        question = f"{problem.question}|{''.join(sorted(SIGNS[each['kind']] for each in chosen))}"
    else:
        question = "\n".join([f"{problem.question}\n", *map(told, chosen)])
    meta = {**problem.meta, "instructions": chosen, "asked": problem.question}
    return replace(problem, id=problem_id(question), question=question, meta=meta)


def _obeying(trace: Trace, task: Problem, restated: float, seed: int) -> Trace:
    answer = obeying(trace.answer, task.meta["instructions"], task.meta["asked"])
    reasoning = trace.reasoning
    if random.Random(f"restated/{seed}/{trace.id}").random() < restated:
        reasoning = f"{reasoning.removesuffix(';')}{task.question[len(task.meta['asked']) :]}"
        reasoning += ";" * trace.reasoning.endswith(";")
    return replace(
        trace,
        id=f"{task.id}#{trace.id}",
        problem_id=task.id,
        reasoning=reasoning,
        answer=answer,
        verdicts=[Verdict("instructions", "correct", answer, "written by rules")],
    )
