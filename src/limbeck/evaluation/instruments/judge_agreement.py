"""How far a judge of quality orders translations or summaries as people do."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from msgspec.structs import replace

from limbeck.curation.ops import number_of
from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation import ops
from limbeck.evaluation._agreement import agree, best_tie, kendall, pairs_of
from limbeck.evaluation.samples import benchmark_of, like, stored
from limbeck.pipeline.context import Context
from limbeck.ranks import rank_correlation, ranks
from limbeck.records import Data, Result, Results, Trace

Array = np.ndarray


def judge_agreement(
    data: Data,
    *,
    score: str,
    gold: str = "gold",
    name: str = "judge",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Hold a judge's scores against human ones, by system and text by text (arXiv 2504.08120, section 3).

    Rows: ``systems`` (share of pairs of systems in the right order by their means), ``pairs`` (of two texts
    for one source, the share in the right order, equal ones counted as equal; scores apart by less than the
    threshold that suits the judge best are equal, arXiv 2305.14324), ``kendall`` (tau-b within a source, mean
    over sources where either side varies), ``spearman`` (over all texts), ``unread`` (texts without a score,
    left out of the others), and where ``SCORE/tokens`` is known ``tokens_error``, Spearman's correlation of
    what the judge wrote and how far it is off.

    Args:
        data: each source a problem, its texts traces, their writer a system.
        score: a name in ``scores``.
        gold: key of ``params``, or ``scores``, with the number that people gave.
        name: of the judge in the results.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        The rows, with 95% intervals over sources where they are means over them; the traces, with ``scores``
        named as the rows whose means they are, for claims (``pairs`` and ``kendall`` on each source's first).

    Raises:
        LimbeckError: no text has both numbers.
    """
    known = [trace for trace in data.traces if number_of(trace, gold) is not None]
    both = [trace for trace in known if score in trace.scores]
    if not both:
        names = {key for trace in data.traces for key in (*trace.scores, *trace.params)}
        lacking = score if known else gold
        raise LimbeckError(f"judge_agreement: no trace has a number in {lacking!r}{nearest(lacking, names)}")
    where = benchmark or benchmark_of(data.problems[0])
    common = replace(like(name, [seed]), benchmark=where)
    given_N = np.array([trace.scores[score] for trace in both])
    true_N = np.array([number_of(trace, gold) or 0.0 for trace in both])
    noted: dict[str, dict[str, float]] = defaultdict(dict)
    _note(noted, "spearman", both, _shares(given_N, true_N))
    rows = [*_by_source(common, both, given_N, true_N, noted), *_by_system(common, both, given_N, true_N)]
    rows.append(_number(common, "spearman", rank_correlation(given_N, true_N), both))
    tokens = [trace.scores.get(f"{score}/tokens") for trace in both]
    if None not in tokens:
        error_N, wrote_N = np.abs(given_N - true_N), np.array(tokens, dtype=float)
        rows.append(_number(common, "tokens_error", rank_correlation(wrote_N, error_N), both))
        _note(noted, "tokens_error", both, _shares(wrote_N, error_N))
    low, high = ops.wilson(len(known) - len(both), len(known))
    row = _number(common, "unread", 1 - len(both) / len(known), known)
    rows.append(replace(row, low=low, high=high, unit="share", interval="Wilson over texts"))
    for trace in known:
        noted[trace.id]["unread"] = float(score not in trace.scores)
    made = [replace(stored(each, where), scores={**each.scores, **noted[each.id]}) for each in known]
    return Results(rows, Data(data.problems, made))


def _note(noted: dict[str, dict[str, float]], metric: str, traces: list[Trace], share_N: Array) -> None:
    for trace, share in zip(traces, share_N, strict=True):
        noted[trace.id][metric] = float(share)


def _shares(left_N: Array, right_N: Array) -> Array:
    """Each text's share in Spearman's rho, of which the mean is rho; 0 where a side never varies."""
    places = [ranks(side) for side in (left_N, right_N)]
    if not all(np.ptp(side) for side in places):
        return np.zeros(len(left_N))
    first, second = ((side - side.mean()) / side.std() for side in places)
    shares: Array = first * second
    return shares


def _by_source(
    common: Result, both: list[Trace], given_N: Array, true_N: Array, noted: dict[str, dict[str, float]]
) -> list[Result]:
    places: dict[str, list[int]] = defaultdict(list)
    for at, trace in enumerate(both):
        places[trace.problem_id].append(at)
    sources = [group for group in places.values() if len(group) > 1]
    if not sources:
        return []
    pairs = [(pairs_of(given_N[group]), pairs_of(true_N[group])) for group in sources]
    tie = best_tie(pairs)
    right = [float(agree(*pair, tie).mean()) for pair in pairs]
    vary = [group for group in sources if np.ptp(given_N[group]) or np.ptp(true_N[group])]
    taus = [kendall(given_N[group], true_N[group]) for group in vary]
    for metric, groups, values in (("pairs", sources, right), ("kendall", vary, taus)):
        for group, value in zip(groups, values, strict=True):
            noted[both[group[0]].id][metric] = value
    rows = []
    for metric, values in (("pairs", right), ("kendall", taus)):
        if values:
            low, high, how = ops.interval(np.array(values), proportion=metric == "pairs")
            row = replace(
                common, metric=metric, value=float(np.mean(values)), n=len(values), samples=len(both)
            )
            unit = "share" if metric == "pairs" else "score"
            rows.append(replace(row, low=low, high=high, interval=how, unit=unit))
    return rows


def _by_system(common: Result, both: list[Trace], given_N: Array, true_N: Array) -> list[Result]:
    systems = sorted({trace.model for trace in both})
    if len(systems) < 2:
        return []
    of_N = np.array([trace.model for trace in both])
    given, known = ([float(side[of_N == system].mean()) for system in systems] for side in (given_N, true_N))
    value = float(agree(pairs_of(given), pairs_of(known)).mean())
    return [replace(_number(common, "systems", value, both), unit="share")]


def _number(common: Result, metric: str, value: float, traces: list[Trace]) -> Result:
    """A number that is no mean over sources: it has no interval."""
    n = len({trace.problem_id for trace in traces})
    return replace(common, metric=metric, value=value, n=n, samples=len(traces), unit="score")
