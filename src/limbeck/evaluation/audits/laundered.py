"""Whether a gain on a benchmark is knowledge of its items: a clean twin and fresh items know."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError, unknown
from limbeck.evaluation.samples import benchmark_of, like, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Result, Results, Trace

Array = np.ndarray
DRAWS = 5000


def laundered(
    data: Data, *, suspect: str, twin: str, fresh: str, benchmark: str = "", seed: int = 0, ctx: Context
) -> Results:
    """Hold a model's samples against a clean twin's, on a benchmark and on fresh items like it (Data
    Laundering, arXiv 2412.15255).

    The twin differs in its teacher alone. What a model has learned shows on both sets, what it was told of
    the items shows on the benchmark alone. Rows: ``gain`` of the suspect over the twin on the benchmark,
    ``gain/fresh`` on the fresh items, ``excess`` of the former over the latter, and ``flagged``, 1 where the
    95% intervals of ``gain`` and of ``excess`` both lie above 0. Intervals are a bootstrap's over problems,
    with all their samples.

    Args:
        data: verified samples of both models on both sets, such as merged evaluations; a sample is right
            where its last verdict is ``correct``.
        suspect, twin: as the samples name their models.
        fresh: the name of the set that nobody can have seen: the samples' benchmark, or source and split. All
            others together are the benchmark.
        benchmark: what that is called in the results; by default as the samples say.

    Returns:
        The rows; the suspect's samples on the benchmark without a ``temperature``, with ``scores`` ``gain``
        (its problem's), ``excess`` and ``flagged`` (the audit's), for claims.

    Raises:
        LimbeckError: an unknown model or set, or a model without samples on one of both sets.
    """
    problems = data.problem_by_id()
    where: dict[str, str] = {}
    right: dict[str, dict[str, list[bool]]] = {suspect: {}, twin: {}}
    for trace in data.traces:
        if trace.finish != "error" and trace.model in right and trace.problem_id in problems:
            place = trace.params.get("benchmark") or benchmark_of(problems[trace.problem_id])
            where[trace.problem_id] = str(place)
            right[trace.model].setdefault(trace.problem_id, []).append(trace.outcome == "correct")
    for role, name in (("suspect", suspect), ("twin", twin)):
        if not right[name]:
            raise unknown(f"{role} model", name, {trace.model for trace in data.traces})
    if fresh not in where.values():
        raise unknown("fresh set", fresh, {*where.values()})
    twins = right[twin]
    both = {name: values for name, values in right[suspect].items() if name in twins}
    gains = {name: float(np.mean(values) - np.mean(twins[name])) for name, values in both.items()}
    known = {name: gain for name, gain in gains.items() if where[name] != fresh}
    unseen = {name: gain for name, gain in gains.items() if where[name] == fresh}
    if not known or not unseen:
        counts = f"{len(known):,} problems of the benchmark and {len(unseen):,} fresh ones"
        raise LimbeckError(f"laundered: both models have samples of {counts}; the audit needs both")
    set_name = benchmark or next(where[name] for name in known)
    common = replace(like(suspect, [seed], twin=twin), benchmark=set_name, unit="share")
    rows, scores = _rows(np.array([*known.values()]), np.array([*unseen.values()]), common)
    ctx.log(f"{suspect} against {twin}: excess {scores['excess']:+.3f}, flagged: {bool(scores['flagged'])}")
    shown = [trace for trace in data.traces if trace.model == suspect and trace.problem_id in known]
    noted = [_noted(trace, set_name, {"gain": known[trace.problem_id], **scores}) for trace in shown]
    return Results(rows, Data(data.problems, noted))


def _noted(trace: Trace, where: str, scores: dict[str, float]) -> Trace:
    return replace(stored(trace, where), scores={**trace.scores, **scores})


def _rows(known_P: Array, fresh_Q: Array, common: Result) -> tuple[list[Result], dict[str, float]]:
    """The audit's numbers, and those that every sample bears."""
    rng = np.random.default_rng(common.seeds[0])
    known_D, fresh_D = (_means(gains, rng) for gains in (known_P, fresh_Q))
    gain, unseen = float(known_P.mean()), float(fresh_Q.mean())
    spans = {
        "gain": (gain, known_D, len(known_P)),
        "gain/fresh": (unseen, fresh_D, len(fresh_Q)),
        "excess": (gain - unseen, known_D - fresh_D, len(known_P) + len(fresh_Q)),
    }
    rows, lows = [], []
    for metric, (value, draws_D, n) in spans.items():
        low, high = (float(each) for each in np.quantile(draws_D, [0.025, 0.975]))
        lows.append(low)
        interval = {"low": min(low, value), "high": max(high, value), "interval": "bootstrap over problems"}
        rows.append(replace(common, metric=metric, value=value, n=n, samples=n, **interval))
    flagged = float(lows[0] > 0 and lows[2] > 0)
    n = rows[2].n
    rows.append(replace(common, metric="flagged", value=flagged, n=n, samples=n))
    return rows, {"excess": gain - unseen, "flagged": flagged}


def _means(values_P: Array, rng: np.random.Generator) -> Array:
    """Bootstrap means over problems, one fewer than there are, as in `limbeck.evaluation.ops`."""
    count = len(values_P)
    size = max(count - 1, 1)
    means: Array = rng.multinomial(size, np.full(count, 1 / count), size=DRAWS) @ values_P / size
    return means
