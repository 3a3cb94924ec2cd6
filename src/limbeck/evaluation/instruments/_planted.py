"""Traces with planted defects: what is measured of one kind against the others of its problem."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from msgspec.structs import replace

from limbeck.records import Trace

Array = np.ndarray


def with_margin(
    traces: list[Trace], metric: str, target: str, defect: str, more: dict[str, float] | None = None
) -> list[Trace]:
    """On each trace with the target defect ``margin``, its ``METRIC/KIND`` less the mean of its problem's
    others, and ``more``."""
    others: dict[str, list[float]] = defaultdict(list)
    for trace in traces:
        if (kind := trace.params[defect]) != target:
            others[trace.problem_id].append(trace.scores[f"{metric}/{kind}"])
    made = []
    for trace in traces:
        if trace.params[defect] == target and others[trace.problem_id]:
            margin = trace.scores[f"{metric}/{target}"] - float(np.mean(others[trace.problem_id]))
            trace = replace(trace, scores={**trace.scores, "margin": margin, **(more or {})})
        made.append(trace)
    return made


def by_problem(traces: list[Trace], metric: str) -> tuple[Array, int]:
    """The mean score of each problem's traces that have it, and of how many traces they are."""
    groups: dict[str, list[float]] = defaultdict(list)
    for trace in traces:
        if metric in trace.scores:
            groups[trace.problem_id].append(trace.scores[metric])
    return np.array([np.mean(values) for values in groups.values()]), sum(map(len, groups.values()))
