"""How far a score falls when a known defect is planted: whether it measures what it is for."""

from __future__ import annotations

import math

from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation import ops
from limbeck.evaluation.instruments._planted import by_problem, with_margin
from limbeck.evaluation.samples import benchmark_of, like, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Result, Results, Trace


def drops(
    data: Data,
    *,
    score: str,
    target: str = "",
    defect: str = "defect",
    name: str = "",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """By how much a score of whole traces falls from a trace to its copy with a defect, defect by defect.

    Rows ``drop/KIND`` in the score's own unit, with Student's 95% intervals over problems; ``unscored``, the
    share of traces without the score, which are left out of the others.

    Args:
        data: traces of `curation/corrupted`, scored.
        score: a name in ``scores``.
        target: the kind that the score is for; traces with it then have ``margin``, its drop less the mean of
            the others of its problem, and ``half``, half of the interval of the drop.
        defect: key of ``params`` with the kind, empty for none.
        name: of the score in the results; by default its own.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        The rows; the traces with a defect and these numbers as ``scores``, for claims.

    Raises:
        LimbeckError: no trace has the score, or none with a defect has the trace that it was made from.
    """
    spoiled = _pairs(data, score, defect)
    kinds = sorted({trace.params[defect] for trace, _ in spoiled})
    if target and target not in kinds:
        raise LimbeckError(f"drops: target={target!r} is no planted defect{nearest(target, kinds)}")
    where = benchmark or benchmark_of(data.problems[0])
    traces = []
    for trace, before in spoiled:
        noted = {f"drop/{trace.params[defect]}": before - trace.scores[score]}
        traces.append(replace(stored(trace, where), scores={**trace.scores, **noted}))
    common = replace(like(name or score, [seed]), benchmark=where)
    rows = [_row(common, f"drop/{kind}", traces) for kind in kinds]
    known = [trace for trace in data.traces if defect in trace.params]
    lost = sum(score not in trace.scores for trace in known)
    low, high = ops.wilson(lost, len(known))
    rows.append(
        replace(
            common, metric="unscored", value=lost / len(known), low=low, high=high, n=len(known),
            samples=len(known), unit="share", interval="Wilson over traces",
        )
    )  # fmt: skip
    if target:
        row = next(row for row in rows if row.metric == f"drop/{target}")
        half = 0.0 if row.low is None else row.value - row.low
        traces = with_margin(traces, "drop", target, defect, {"half": half})
    return Results(rows, Data(data.problems, traces))


def _pairs(data: Data, score: str, defect: str) -> list[tuple[Trace, float]]:
    """Each scored trace with a defect, and what the trace that it was made from scored."""
    scored = {trace.id: trace for trace in data.traces if score in trace.scores}
    if not scored:
        names = {key for trace in data.traces for key in trace.scores}
        raise LimbeckError(f"drops: no trace has scores[{score!r}]{nearest(score, names)}")
    pairs = []
    for trace in scored.values():
        before = scored.get(trace.parents[0]) if trace.parents else None
        if trace.params.get(defect) and before is not None:
            pairs.append((trace, before.scores[score]))
    if not pairs:
        told = f"none of {len(scored):,} scored traces has a params[{defect!r}] and a scored parent"
        raise LimbeckError(f"drops: {told}")
    return pairs


def _row(common: Result, metric: str, traces: list[Trace]) -> Result:
    means, count = by_problem(traces, metric)
    value = float(means.mean())
    row = replace(common, metric=metric, value=value, n=len(means), samples=count, unit="score")
    if len(means) == 1:
        return row
    half = ops.t_quantile(len(means) - 1) * float(means.std(ddof=1)) / math.sqrt(len(means))
    return replace(row, low=value - half, high=value + half, interval="Student over problems")
