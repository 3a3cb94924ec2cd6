"""Questions with their sub-questions, as problems for a solver."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.records import Data, Problem
from limbeck.texts.messages import asked_id, context_of
from limbeck.texts.subquestions import Dividing, Solving
from limbeck.texts.traces import full_text


def solver_tasks(data: Data, *, dividing: Dividing = Dividing(), solving: Solving = Solving()) -> Data:
    """Put each question with the sub-questions of each unmarked trace (Divide-or-Conquer, arXiv 2402.15000).

    Args:
        data: decompositions, as `teachers/decompose` writes them.
        dividing: as there; a trace in another form gives no problem.

    Returns:
        The new problems alone, with the reference answer, verifier, source and split of their question;
        ``meta["decomposition"]`` is the trace's id, ``meta["divided"]`` the question's.

    Raises:
        LimbeckError: a template without its fields.
    """
    dividing.check("curation/solver_tasks")
    solving.check("curation/solver_tasks")
    problems = data.problem_by_id()
    made: dict[str, Problem] = {}
    for trace in data.kept():
        problem, parts = problems.get(trace.problem_id), dividing.read(full_text(trace))
        if problem is None or parts is None:
            continue
        question = solving.put(problem.question, parts)
        meta = {**problem.meta, "decomposition": trace.id, "divided": problem.id}
        name = asked_id(question, context_of(problem))
        made.setdefault(name, replace(problem, id=name, question=question, meta=meta, marks=[]))
    return Data(list(made.values()))
