"""How well a verifier finds the first wrong step: the measures of ProcessBench."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.evaluation._shares import harmonic, ratio
from limbeck.evaluation.ops import wilson
from limbeck.evaluation.samples import benchmark_of, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Result, Results, Trace, Verdict
from limbeck.types import Verifier
from limbeck.verifiers.ops import verify

Array = np.ndarray
DRAWS = 2000


def first_error(
    data: Data,
    *,
    verifier: Verifier,
    label: str = "steps",
    name: str = "",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Run a verifier of steps over traces whose first wrong step is known, and report how often it names that
    step.

    ProcessBench (arXiv 2412.06559). Rows: ``error_accuracy`` (of traces with a mistake, the very step is
    named), ``correct_accuracy`` (of traces without one, none is named) and ``f1``, their harmonic mean.
    ``found`` is the share of traces with a mistake that are called wrong, whatever the step; ``chain_f1`` the
    F1 of ``correct`` for whole traces, 2 hits / (2 hits + misses of either kind); ``abstained`` the share
    neither correct nor wrong, which is right in no row.

    Args:
        label: name of the verdict that knows; ``wrong`` with the step, counted from 0, as ``extracted``, or
            ``correct``. Traces without one are left out.
        name: of the verifier in the results; by default its own.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        The rows, shares with Wilson's 95% intervals, F1s with a bootstrap's over problems; the traces, the
        verifier's verdict last, without a ``temperature``, with scores ``f1`` and ``chain_f1`` whose means
        are the F1s, for claims.

    Raises:
        LimbeckError: no trace is labelled.
    """
    known = [(trace, truth) for trace in data.traces if (truth := _known(trace, label)) is not None]
    if not known:
        told = f"none of {len(data.traces):,} traces has a verdict {label!r}, right or wrong"
        raise LimbeckError(f"nothing to measure by: {told}")
    with ctx.progress(len(known)) as bar:
        traces = list(verify(verifier, data.problem_by_id(), [trace for trace, _ in known], progress=bar))
    where = benchmark or (benchmark_of(data.problems[0]) if data.problems else "all")
    wrong_N = np.array([truth.outcome == "wrong" for _, truth in known])
    named_N = np.array([_named(trace, truth) for trace, (_, truth) in zip(traces, known, strict=True)])
    yes_N = np.array([trace.outcome == "correct" for trace in traces])
    no_N = np.array([trace.outcome == "wrong" for trace in traces])
    chain = (2.0 * (yes_N & ~wrong_N), 1.0 * yes_N + ~wrong_N)
    problem_N = np.unique([trace.problem_id for trace, _ in known], return_inverse=True)[1]
    rows = _shares(named_N, wrong_N, yes_N, no_N)
    for metric, values in (("f1", harmonic(named_N, wrong_N)), ("chain_f1", ratio(*chain))):
        if np.isnan(values).any():
            ctx.log(f"no {metric}: the traces are all right, or all wrong")
            continue
        measure = _f1(named_N, wrong_N) if metric == "f1" else _ratio(*chain)
        span = _interval(measure, problem_N, seed)
        rows[metric] = (float(values.mean()), *span, len(traces), "bootstrap over problems")
        traces = [_noted(trace, metric, float(value)) for trace, value in zip(traces, values, strict=True)]
    called = name or _name(verifier)
    common = Result(model=called, benchmark=where, metric="", value=0.0, seeds=[seed], unit="share")
    results = [_result(common, metric, row) for metric, row in rows.items()]
    return Results(results, Data(data.problems, [stored(trace, where) for trace in traces]))


Row = tuple[float, float, float, int, str]
"""Value, low, high, how many traces, and which interval."""


def _shares(named_N: Array, wrong_N: Array, yes_N: Array, no_N: Array) -> dict[str, Row]:
    """The rows that are shares of traces, where there are any."""
    rows: dict[str, Row] = {}
    for metric, hits_N, among_N in (
        ("error_accuracy", named_N, wrong_N),
        ("correct_accuracy", named_N, ~wrong_N),
        ("found", no_N, wrong_N),
        ("abstained", ~(yes_N | no_N), np.ones(len(no_N), dtype=bool)),
    ):
        if n := int(among_N.sum()):
            hits = int((hits_N & among_N).sum())
            rows[metric] = (hits / n, *wilson(hits, n), n, "Wilson over traces")
    return rows


def _result(common: Result, metric: str, row: Row) -> Result:
    value, low, high, n, interval = row
    span = {"value": value, "low": low, "high": high, "interval": interval}
    return replace(common, metric=metric, n=n, samples=n, **span)


def _known(trace: Trace, label: str) -> Verdict | None:
    verdicts = [verdict for verdict in trace.verdicts if verdict.verifier == label]
    told = [verdict for verdict in verdicts if verdict.outcome in ("correct", "wrong")]
    return told[-1] if told else None


def _noted(trace: Trace, metric: str, value: float) -> Trace:
    return replace(trace, scores={**trace.scores, metric: value})


def _name(verifier: Verifier) -> str:
    return str(getattr(verifier, "name", "") or getattr(verifier, "__name__", "verifier"))


def _named(trace: Trace, truth: Verdict) -> bool:
    """Whether a trace's last verdict is the true one, at the same step."""
    last = trace.verdicts[-1]
    return last.outcome == truth.outcome and (truth.outcome == "correct" or _step(last) == _step(truth))


def _step(verdict: Verdict) -> str:
    return (verdict.extracted or "").strip()


Measure = Callable[[Array], float]
"""A measure of traces, each counted as often as its weight says."""


def _f1(right_N: Array, first_N: Array) -> Measure:
    def measure(weight_N: Array) -> float:
        sums = [((weight_N * right_N)[group].sum(), weight_N[group].sum()) for group in (first_N, ~first_N)]
        if not all(total for _, total in sums):
            return float("nan")
        a, b = (hits / total for hits, total in sums)
        return float(2 * a * b / (a + b)) if a + b else 0.0

    return measure


def _ratio(above_N: Array, under_N: Array) -> Measure:
    return lambda weight_N: float((weight_N * above_N).sum() / max((weight_N * under_N).sum(), 1e-12))


def _interval(measure: Measure, problem_N: Array, seed: int) -> tuple[float, float]:
    """95% of the measure over draws of problems, each with all its traces."""
    rng = np.random.default_rng(seed)
    count = int(problem_N.max()) + 1
    size = max(count - 1, 1)
    draws = [measure(rng.multinomial(size, np.full(count, 1 / count))[problem_N]) for _ in range(DRAWS)]
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return float(low), float(high)
