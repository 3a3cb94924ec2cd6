"""Which kinds of defects an evaluator of steps sees: its scores against planted ones."""

from __future__ import annotations

from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation import ops
from limbeck.evaluation.instruments._planted import by_problem, with_margin
from limbeck.evaluation.instruments._ranking import below, hit_at_1
from limbeck.evaluation.samples import benchmark_of, like, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Result, Results, Trace


def step_criteria(
    data: Data,
    *,
    score: str = "fault",
    target: str = "",
    defect: str = "defect",
    name: str = "evaluator",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """A row of the matrix of evaluators and criteria (arXiv 2502.12289): AUROC and place, defect by defect.

    ``auc/KIND`` is the chance that a step with a defect of the kind scores above one of a trace without any,
    an equal one counting a half; ``located/KIND`` the chance that of its own trace's steps it scores highest,
    equals drawn evenly. Only defects of a single step count.

    Args:
        score: what the scores are called before ``/0``, ``/1``, …; larger means worse.
        target: the kind that the evaluator is for; traces then have ``margin`` too, its AUC less the mean of
            the others.
        defect: key of ``params`` with the kind, empty for none; ``…_step`` is the step, counted from 0.
        name: of the evaluator in the results.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        The rows, with 95% intervals over problems; the traces with a defect, ``scores`` named as the rows.

    Raises:
        LimbeckError: no step with a defect, no trace without one, or no such score.
    """
    clean, spoiled = _sorted(data, score, defect)
    kinds = sorted({trace.params[defect] for trace in spoiled})
    if target and target not in kinds:
        raise LimbeckError(f"step_criteria: target={target!r} is no planted defect{nearest(target, kinds)}")
    where = benchmark or benchmark_of(data.problems[0])
    negatives = [value for trace in clean for value in _values(trace, score)]
    traces = []
    for trace in spoiled:
        kind, at, values = trace.params[defect], trace.params[f"{defect}_step"], _values(trace, score)
        auc = float(below([values[at]], negatives)[0])
        located = hit_at_1([number == at for number in range(len(values))], values)
        noted = {f"auc/{kind}": auc, f"located/{kind}": located}
        traces.append(replace(stored(trace, where), scores={**trace.scores, **noted}))
    metrics = [f"{metric}/{kind}" for metric in ("auc", "located") for kind in kinds]
    if target:
        traces = with_margin(traces, "auc", target, defect)
        metrics.append("margin")
    common = replace(like(name, [seed]), benchmark=where)
    return Results([_row(common, metric, traces) for metric in metrics], Data(data.problems, traces))


def _sorted(data: Data, score: str, defect: str) -> tuple[list[Trace], list[Trace]]:
    """The traces without a defect, and those with one in a single step; all have scores."""
    known = [trace for trace in data.traces if defect in trace.params]
    if not known:
        keys = {key for trace in data.traces for key in trace.params}
        raise LimbeckError(f"step_criteria: no trace says params[{defect!r}]{nearest(defect, keys)}")
    scored = [trace for trace in known if f"{score}/0" in trace.scores]
    clean = [trace for trace in scored if not trace.params[defect]]
    place = f"{defect}_step"
    faulty = [trace for trace in scored if trace.params[defect]]
    spoiled = [trace for trace in faulty if f"{score}/{trace.params.get(place, -1)}" in trace.scores]
    if not clean or not spoiled:
        told = f"{len(clean):,} traces without a defect and {len(spoiled):,} with one in a step"
        raise LimbeckError(f"step_criteria: {told} have scores['{score}/0']; both are needed")
    return clean, spoiled


def _values(trace: Trace, score: str) -> list[float]:
    values: list[float] = []
    while f"{score}/{len(values)}" in trace.scores:
        values.append(trace.scores[f"{score}/{len(values)}"])
    return values


def _row(common: Result, metric: str, traces: list[Trace]) -> Result:
    means, count = by_problem(traces, metric)
    low, high, how = ops.interval(means, proportion=metric.startswith("located"))
    unit = "share" if metric.startswith("located") else "score"
    value = float(means.mean())
    row = replace(common, metric=metric, value=value, n=len(means), samples=count, unit=unit)
    return replace(row, low=low, high=high, interval=how)
