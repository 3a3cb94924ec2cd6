"""Numbers that are none, left out and counted before they are written.

Scores and weights are stored as JSON, which has no NaN and no infinity: with one of them written as null, no
trace of its shard could be read again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isfinite
from typing import Any

from msgspec import structs

from limbeck.records import Data, Results, Trace, Verdict

Log = Callable[[str], None]


def finite_traces(traces: list[Trace], log: Log) -> list[Trace]:
    """Traces whose scores and weights are numbers; what is left out is told, counted by name."""
    left_out: Counter[str] = Counter()
    cleaned = [_finite(trace, left_out) for trace in traces]
    if left_out:
        names = ", ".join(f"{name} ({count:,})" for name, count in left_out.most_common(9))
        log(f"{left_out.total():,} numbers that are NaN or infinite are left out: {names}")
    return cleaned


def output(made: Any, log: Log) -> Any:
    """What a method made, or the function that makes it of a shard, with `finite_traces`."""
    if isinstance(made, Data):
        return Data(made.problems, finite_traces(made.traces, log), made.pairs)
    if isinstance(made, Results):
        return replace(made, data=output(made.data, log))
    if isinstance(made, Iterator):
        return (output(shard, log) for shard in made)
    if callable(made):
        return lambda shard: output(made(shard), log)
    return made


def _finite(trace: Trace, left_out: Counter[str]) -> Trace:
    if not trace.scores and not trace.weights and all(verdict.score is None for verdict in trace.verdicts):
        return trace  # as most are, and every stage writes them all
    bad = [name for name, value in trace.scores.items() if not isfinite(value)]
    weights = sum(not isfinite(weight) for _, _, weight in trace.weights)
    verdicts = [_verdict(verdict, left_out) for verdict in trace.verdicts]
    left_out.update(bad + ["weights"] * weights)
    if not bad and not weights and verdicts == trace.verdicts:
        return trace
    return structs.replace(
        trace,
        scores={name: value for name, value in trace.scores.items() if isfinite(value)},
        weights=[each for each in trace.weights if isfinite(each[2])],
        verdicts=verdicts,
    )


def _verdict(verdict: Verdict, left_out: Counter[str]) -> Verdict:
    if verdict.score is None or isfinite(verdict.score):
        return verdict
    left_out[f"{verdict.verifier}'s verdict"] += 1
    return structs.replace(verdict, score=None)
