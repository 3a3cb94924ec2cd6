"""Gold proofs as questions for each part of a chain of selection and inference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from limbeck.curation.tasks._tasks import solved, task
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem
from limbeck.texts.selecting import Selecting
from limbeck.types import Shards

WHERE = "curation/proof_tasks"
Step = tuple[list[int], str]
"""The places of what a step rests on, and what it says."""


def proof_tasks(
    shards: Shards,
    *,
    part: Literal["select", "infer", "halt", "weigh", "chain"] = "select",
    selecting: Selecting = Selecting(),
    format: str = "plain",
    ctx: Context,
) -> Iterator[Data]:
    """Ask of each step of a gold proof what one part of `decoding/selection_inference` is to learn (arXiv
    2208.14271).

    Args:
        shards: problems whose ``meta`` has ``statements``, ``goal`` and ``proof``, as `problems/theorems`
            makes them; a ``proof`` has for each step the places of what it rests on and what it says.
        part: ``select``, which statements a step rests on; ``infer``, what follows from those alone;
            ``halt``, the answer behind the last step and that nothing can be said behind the others;
            ``weigh``, whether a last statement is of the proof: its steps are, those of ``meta["astray"]``
            are not. ``chain`` asks for the selections of all steps at once: what a student may begin with
            that shall become any of them.
        selecting: how each is asked; the same as of the decoding.
        format: of the added traces, a name of ``formats/``.

    Returns:
        The tasks alone, each with the trace to learn from; equal questions are one.

    Raises:
        LimbeckError: a template without its field, an unknown format, or no problem with a proof.
    """
    selecting.check(WHERE)
    known: set[str] = set()
    problems = 0
    for data in shards:
        made = Data()
        problems += len(data.problems)
        for problem in data.problems:
            if problem.marks or "proof" not in problem.meta:
                continue
            for question, answer in _asked(problem, part, selecting):
                new = task(problem, question, answer, {"about": problem.id, "part": part})
                if new.id not in known:
                    known.add(new.id)
                    made.problems.append(new)
                    made.traces.append(solved(new, answer, format, part))
        yield made
    if problems and not known:
        raise LimbeckError(f"{WHERE}: none of {problems:,} problems has a proof in its meta")
    ctx.log(f"{len(known):,} questions of part {part}")


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    Selecting.of(given).check(WHERE)


def _asked(problem: Problem, part: str, selecting: Selecting) -> Iterator[tuple[str, str]]:
    statements: list[str] = problem.meta["statements"]
    goal: str = problem.meta["goal"]
    proof: list[Step] = problem.meta["proof"]
    if part == "chain":
        every = [*statements, *(says for _, says in proof)]
        chain = selecting.between.join(selecting.cited(places, every) for places, _ in proof)
        yield selecting.selection(goal, statements), chain
        return
    for number, (places, conclusion) in enumerate(proof):
        concluded = [says for _, says in proof[:number]]
        known = [*statements, *concluded]
        if part == "select":
            yield selecting.selection(goal, known), selecting.cited(places, known)
        elif part == "infer":
            yield selecting.inference([known[at] for at in places]), conclusion
        elif part == "halt":
            last = number == len(proof) - 1
            answer = (problem.answer or "") if last else selecting.unknown
            yield selecting.halting(goal, [*concluded, conclusion]), answer
        else:
            yield selecting.weighing(goal, [*known, conclusion]), selecting.right
            for resting, says in problem.meta.get("astray", ()):
                # One that rests on a later conclusion cannot be taken yet.
                if max(resting) < len(known) and says not in known:
                    yield selecting.weighing(goal, [*known, says]), selecting.wrong
