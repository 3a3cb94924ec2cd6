"""A few traces of each problem: drawn, the shortest or the longest."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from limbeck.curation.ops import lot, marked
from limbeck.records import Data, Trace
from limbeck.texts.traces import full_text
from limbeck.types import Count


def per_problem(
    data: Data,
    *,
    n: Count = 1,
    choose: Literal["random", "shortest", "longest"] = "random",
    seed: int = 0,
    mark: str = "not_chosen",
) -> Data:
    """Leave ``n`` kept traces of each problem unmarked and mark its other ones ``not_chosen``.

    Behind `curation/reject`, ``shortest`` is the best of N of concise self-training (arXiv 2502.20122) and
    ``random`` its control; ``n`` is the number of solutions in a sweep of questions against solutions.

    Args:
        choose: ``random`` draws by a digest of seed and id: more of them keep all that fewer had. Length is
            in tokens where all of a problem's traces have them, else in characters; of equals the first.
    """
    groups: dict[str, list[Trace]] = defaultdict(list)
    for trace in data.kept():
        groups[trace.problem_id].append(trace)
    left = {trace.id for traces in groups.values() for trace in _ranked(traces, choose, seed)[n:]}
    traces = [marked(trace, mark) if trace.id in left else trace for trace in data.traces]
    return Data(data.problems, traces, data.pairs)


def _ranked(traces: list[Trace], choose: str, seed: int) -> list[Trace]:
    """A problem's traces, those to be chosen first."""
    if choose == "random":
        return sorted(traces, key=lambda trace: lot(seed, trace.id))
    counted = all(trace.tokens is not None for trace in traces)
    lengths = {trace.id: trace.tokens if counted else len(full_text(trace)) for trace in traces}
    sign = 1 if choose == "shortest" else -1
    return sorted(traces, key=lambda trace: sign * (lengths[trace.id] or 0))
