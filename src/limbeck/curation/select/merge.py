"""Several sources as one."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.errors import LimbeckError
from limbeck.records import Data, Pair, Problem, Trace


def merge(*data: Data) -> Data:
    """Join data sets: traces of a problem that several of them have come together under one problem.

    The first data set's version of a problem stays, with ``meta`` keys that only others know added. A problem
    whose sources give different reference answers is marked ``answer_conflict`` and keeps them in
    ``meta["answers_given"]``. Equal traces and pairs that come twice are kept once.

    Raises:
        LimbeckError: two different traces bear the same id.
    """
    problems: dict[str, Problem] = {}
    traces: dict[str, Trace] = {}
    pairs: dict[tuple[str, str, str], Pair] = {}
    for part in data:
        for problem in part.problems:
            known = problems.get(problem.id)
            problems[problem.id] = problem if known is None else _both(known, problem)
        for trace in part.traces:
            if traces.setdefault(trace.id, trace) != trace:
                raise LimbeckError(f"two different traces have the id {trace.id!r}; they cannot be merged")
        for pair in part.pairs:
            pairs.setdefault((pair.problem_id, pair.chosen, pair.rejected), pair)
    order = {problem_id: place for place, problem_id in enumerate(problems)}
    last = len(order)
    together = sorted(traces.values(), key=lambda trace: order.get(trace.problem_id, last))
    return Data(list(problems.values()), together, list(pairs.values()))


def _both(first: Problem, other: Problem) -> Problem:
    meta = {**other.meta, **first.meta}
    joined = replace(
        marked(first, *other.marks),
        meta=meta,
        answer=first.answer if first.answer is not None else other.answer,
    )
    if first.answer is None or other.answer is None or _value(first.answer) == _value(other.answer):
        return joined
    given = list(dict.fromkeys([*first.meta.get("answers_given", [first.answer]), other.answer]))
    return marked(replace(joined, meta={**meta, "answers_given": given}), "answer_conflict")


def _value(answer: str) -> object:
    try:
        return float(answer.replace(",", "").strip("$ "))
    except ValueError:
        return answer.strip()
