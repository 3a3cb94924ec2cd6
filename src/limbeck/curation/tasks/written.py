"""Problems with their solutions, read out of what a writer wrote."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts
from limbeck.records import Data, Problem, Trace
from limbeck.texts.messages import asked_id, context_of
from limbeck.texts.traces import format_named, full_text, split_text

MALFORMED = "malformed"


def written(
    data: Data,
    *,
    opening: str = "[Problem]",
    between: str = "[Solution]",
    format: str = "plain",
    verifier: str = "math",
    ctx: Context,
) -> Data:
    """Make a problem and a trace of each unmarked reply to `curation/synthesis_tasks` (arXiv 2405.14365).

    The writer's answer is its trace's, and nobody has checked it: the problems have no reference.
    `curation/majority` over more solutions gives them one, `curation/near_duplicates` and
    ``decontaminate`` what JiuZhang3.0 filters by.

    Args:
        opening: stands before the problem; empty where the reply begins with it.
        between: stands between problem and solution.
        format: of the solutions.
        verifier: the problems'.

    Returns:
        The new problems alone, each with its solution; ``meta`` has ``text_id``, ``stage`` and ``writer``. A
        reply in another form, or cut off, is kept as a problem marked ``malformed``, and counted; of problems
        that are worded alike the first counts.

    Raises:
        LimbeckError: ``between`` is empty, or an unknown format.
    """
    if not between.strip():
        raise LimbeckError("curation/written: between='': something must stand between problem and solution")
    format_named(format, "curation/written")
    requests, made = data.problem_by_id(), Data()
    known: set[str] = set()
    for trace in data.kept():
        request = requests.get(trace.problem_id)
        if request is None:
            continue
        problem, solution = _read(request, trace, opening, between, format)
        problem.verifier = verifier
        if problem.id not in known:
            known.add(problem.id)
            made.problems.append(problem)
            made.traces += [solution] if solution else []
    bad = sum(MALFORMED in problem.marks for problem in made.problems)
    copies = len(data.kept()) - len(made.problems)
    ctx.log(f"{len(made.problems) - bad:,} problems; {bad:,} replies in another form, {copies:,} copies")
    return made


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most a problem and its solution for each reply."""
    return {"problems": counts["traces"], "traces": counts["traces"]}


def _read(
    request: Problem, trace: Trace, opening: str, between: str, format: str
) -> tuple[Problem, Trace | None]:
    """A reply's problem and solution; a marked problem without a solution where it has none."""
    text = full_text(trace)
    before, sign, after = text.partition(between)
    _, begun, question = before.partition(opening) if opening else ("", "", before)
    meta = {**request.meta, "writer": trace.model, "request_id": request.id}
    whole = (
        sign and (begun or not opening) and question.strip() and after.strip() and trace.finish != "length"
    )
    if not whole:
        bad = replace(request, id=f"{trace.id}/{MALFORMED}", question=text, answer=None, meta=meta)
        return marked(bad, MALFORMED), None
    name = asked_id(question.strip(), context_of(request))
    problem = replace(request, id=name, question=question.strip(), answer=None, meta=meta, marks=[])
    try:
        reasoning, answer = split_text(after.strip(), format)
    except LimbeckError:
        return marked(problem, MALFORMED), None
    solution = replace(
        trace, id=f"{name}#{trace.model}", problem_id=name, reasoning=reasoning, answer=answer, format=format,
        parents=[*trace.parents, trace.id], verdicts=[], tokens=None, weights=[],
    )  # fmt: skip
    return problem, solution
