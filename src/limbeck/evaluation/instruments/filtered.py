"""How good a filter is: its marks against verdicts."""

from __future__ import annotations

from limbeck.errors import LimbeckError
from limbeck.evaluation.ops import wilson
from limbeck.evaluation.samples import benchmark_of, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Result, Results


def filtered(
    data: Data, *, name: str = "filter", benchmark: str = "", seed: int = 0, ctx: Context
) -> Results:
    """Precision and recall of a filter that left some traces without a mark, against their verdicts, with
    intervals.

    A trace without a mark that is ``correct`` is a hit. Traces whose verdict is neither ``correct`` nor
    ``wrong`` are left out and counted in a note. Intervals are Wilson's, over traces.

    Args:
        name: of the filter in the results.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        ``precision`` (of the traces without a mark, how many are correct), ``recall`` (of the correct ones,
        how many have none), ``kept`` (share without a mark) and ``base`` (share that is correct). The data
        has the traces without a mark alone, without a ``temperature``, so that a claim may compare their
        ``pass@1``, the precision.

    Raises:
        LimbeckError: no trace is judged.
    """
    judged = [trace for trace in data.traces if trace.outcome in ("correct", "wrong")]
    if not judged:
        raise LimbeckError(f"nothing to measure a filter by: none of {len(data.traces):,} traces is judged")
    if left := len(data.traces) - len(judged):
        ctx.log(f"{left:,} traces left out, neither correct nor wrong")
    kept = [trace for trace in judged if not trace.marks]
    right = [trace for trace in judged if trace.outcome == "correct"]
    hits = sum(trace.outcome == "correct" for trace in kept)
    label = benchmark or (benchmark_of(data.problems[0]) if data.problems else "all")
    results = []
    for metric, value, n in (
        ("precision", hits, len(kept)),
        ("recall", hits, len(right)),
        ("kept", len(kept), len(judged)),
        ("base", len(right), len(judged)),
    ):
        if n:
            low, high = wilson(value, n)
            results.append(
                Result(
                    model=name,
                    benchmark=label,
                    metric=metric,
                    value=value / n,
                    low=low,
                    high=high,
                    n=n,
                    samples=n,
                    unit="share",
                    interval="Wilson over traces",
                    seeds=[seed],
                )
            )
    return Results(results, Data(data.problems, [stored(trace, label) for trace in kept]))
