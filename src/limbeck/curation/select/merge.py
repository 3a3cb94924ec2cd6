"""Several sources as one."""

from __future__ import annotations

from limbeck.curation.select._joined import both, in_order
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
            problems[problem.id] = problem if known is None else both(known, problem)
        for trace in part.traces:
            if traces.setdefault(trace.id, trace) != trace:
                raise LimbeckError(f"two different traces have the id {trace.id!r}; they cannot be merged")
        for pair in part.pairs:
            pairs.setdefault((pair.problem_id, pair.chosen, pair.rejected), pair)
    return Data(list(problems.values()), in_order(problems, traces.values()), list(pairs.values()))
