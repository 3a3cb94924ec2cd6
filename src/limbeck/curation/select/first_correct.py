"""One positive per problem: the first."""

from __future__ import annotations

from limbeck.curation.ops import marked
from limbeck.records import Data

WAS = "curation/first"


def first_correct(data: Data) -> Data:
    """Keep the first correct trace of each problem; mark further correct ones ``not_first``.

    The rule of REDI's positives (arXiv 2505.24850, section 3: 77,629 of them). A correct trace that bears a
    mark is passed over: it could not be trained on. `curation/pairs` ignores ``not_first``.
    """
    taken: set[str] = set()
    traces = []
    for trace in data.traces:
        if trace.outcome == "correct" and not trace.marks:
            if trace.problem_id in taken:
                trace = marked(trace, "not_first")
            taken.add(trace.problem_id)
        traces.append(trace)
    return Data(data.problems, traces, data.pairs)
