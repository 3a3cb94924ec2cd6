"""Solutions whose final answer is replaced by the reference."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.records import Data

MARK = "answer_replaced"


def gold_answers(data: Data) -> Data:
    """Put the reference in the place of each unmarked trace's answer, the reasoning as it is.

    Divide-or-Conquer (arXiv 2402.15000) trains solvers so too: right answers under the teacher's words,
    whether these led there or not. The reasoning stays unverified, so the copy has no verdict.

    Returns:
        The data with a copy of each unmarked trace whose answer is another text than the reference; the trace
        itself is marked ``answer_replaced``. Where a problem has no reference nothing is done.
    """
    problems = data.problem_by_id()
    there = {trace.id for trace in data.traces}
    kept = {trace.id for trace in data.kept()}
    traces, copies = [], []
    for trace in data.traces:
        gold = problems[trace.problem_id].answer if trace.problem_id in problems else None
        name = f"{trace.id}/gold"
        if trace.id in kept and gold and trace.answer != gold:
            trace = marked(trace, MARK)
            if name not in there:
                fresh = replace(trace, id=name, answer=gold, parents=[trace.id], tokens=None)
                copies.append(replace(fresh, verdicts=[], weights=[], marks=[]))
        traces.append(trace)
    return Data(data.problems, [*traces, *copies], data.pairs)
