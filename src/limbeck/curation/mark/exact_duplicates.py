"""The same trace twice."""

from __future__ import annotations

from limbeck.curation.ops import marked
from limbeck.records import Data


def exact_duplicates(data: Data) -> Data:
    """Mark a trace ``duplicate`` when an earlier one of the same problem has the same text, whoever wrote it.

    A trace that is marked already is no reason to mark a later one, so one usable copy always stays.
    """
    seen: set[tuple[str, str, str, str]] = set()
    traces = []
    for trace in data.traces:
        text = (trace.problem_id, trace.format, trace.reasoning, trace.answer)
        if text in seen:
            trace = marked(trace, "duplicate")
        elif not trace.marks or trace.marks == [trace.outcome]:
            seen.add(text)
        traces.append(trace)
    return Data(data.problems, traces, data.pairs)
