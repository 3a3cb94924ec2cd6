"""How good a judge is: its verdicts and scores against labels that the traces bear already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.evaluation import ops
from limbeck.evaluation.instruments._ranking import (
    below,
    calibration_error,
    hit_at_1,
    reciprocal_rank,
    weighted_auc,
)
from limbeck.evaluation.samples import benchmark_of, like, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Results, Trace
from limbeck.types import Verifier
from limbeck.verifiers.ops import verify

DRAWS = 1000
Labelled = list[tuple[bool, Trace]]
"""Traces with their labels, right or not."""
RATIOS = {
    "accuracy": ("agree", "all"),
    "decided_accuracy": ("agree", "decided"),
    "abstained": ("undecided", "all"),
    "precision": ("hits", "yes"),
    "recall": ("hits", "right"),
    "f1": ("twice", "either"),
    "wrong_precision": ("misses", "no"),
    "wrong_recall": ("misses", "wrong"),
    "brier": ("error", "scored"),
    "hit@1": ("hit@1", "ranked"),
    "mrr": ("mrr", "ranked"),
}
"""Each metric as a quotient of two sums over problems."""
UNITS = {"brier": "score", "mrr": "score"}
"""Of those metrics that are no share of anything."""


def judged(
    data: Data,
    *,
    verifier: Verifier,
    label: str = "",
    rank: Literal["score", "outcome"] = "score",
    name: str = "",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Run a verifier over labelled traces and report how far it can be trusted, with 95% intervals over
    problems.

    Rows: ``accuracy`` (of all labelled traces; abstaining is not right), ``decided_accuracy`` (of those
    decided), ``abstained``, ``precision``, ``recall`` and ``f1`` of ``correct`` (a right trace abstained from
    counts against recall); ``wrong_precision`` and ``wrong_recall``, what negatives stand on. Where verdicts
    have scores also ``auc`` (chance that a right trace scores above a wrong one, a tie a half), ``brier``
    (mean squared error) and ``ece`` (how far scores are from the share that is right, over ten bins;
    `curation/calibrated` mends it). Over problems with right and wrong traces ``hit@1`` and ``mrr`` of their
    ranking; ties count by the mean over their orders.

    Args:
        label: name of the verifier whose verdict is the label; by default each trace's last verdict.
        rank: by score, in problems all of whose traces have one; or by outcome alone, undecided ones between.
        name: of the judge in the results; by default the verifier's.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        The rows; the traces with the judge's verdict last, without a ``temperature``, with scores ``agrees``,
        ``auc`` (of a right one: share of all wrong ones below it) and their problem's ``hit@1`` and ``mrr``,
        so that claims may compare judges problem by problem.

    Raises:
        LimbeckError: no trace is labelled right or wrong.
    """
    labels = [(known == "correct", trace) for trace in data.traces if (known := _label(trace, label))]
    if not labels:
        told = f"none of {len(data.traces):,} traces is labelled right or wrong"
        raise LimbeckError(f"nothing to measure a judge by: {told}")
    if left := len(data.traces) - len(labels):
        ctx.log(f"{left:,} traces left out, labelled neither right nor wrong")
    with ctx.progress(len(labels)) as bar:
        traces = list(verify(verifier, data.problem_by_id(), [trace for _, trace in labels], progress=bar))
    where = benchmark or (benchmark_of(data.problems[0]) if data.problems else "all")
    rows = [(right, _noted(trace, right, where)) for (right, _), trace in zip(labels, traces, strict=True)]
    _note_auc(rows)
    groups = _groups(rows)
    sums = [_sums(group, rank) for group in groups.values()]
    called = name or str(getattr(verifier, "name", "") or getattr(verifier, "__name__", "judge"))
    common = replace(like(called, [seed]), benchmark=where, n=len(groups), samples=len(rows))
    results = []
    for metric, (value, low, high) in _measured(sums, list(groups.values()), seed).items():
        row = replace(common, metric=metric, value=value, low=low, high=high)
        results.append(replace(row, unit=UNITS.get(metric, "share"), interval="bootstrap over problems"))
    return Results(results, Data(data.problems, [trace for _, trace in rows]))


def _label(trace: Trace, label: str) -> str:
    """``correct``, ``wrong`` or nothing."""
    verdicts = [verdict for verdict in trace.verdicts if not label or verdict.verifier == label]
    return verdicts[-1].outcome if verdicts and verdicts[-1].outcome in ("correct", "wrong") else ""


def _noted(trace: Trace, right: bool, where: str) -> Trace:
    agrees = float(trace.outcome == ("correct" if right else "wrong"))
    return replace(stored(trace, where), scores={**trace.scores, "agrees": agrees})


def _score(trace: Trace) -> float | None:
    return trace.verdicts[-1].score


def _note_auc(rows: Labelled) -> None:
    good = [trace for right, trace in rows if right and _score(trace) is not None]
    bad = [score for right, trace in rows if not right and (score := _score(trace)) is not None]
    if good and bad:
        for trace, share in zip(good, below([_score(trace) or 0.0 for trace in good], bad), strict=True):
            trace.scores["auc"] = float(share)


def _groups(rows: Labelled) -> dict[str, Labelled]:
    groups: dict[str, Labelled] = {}
    for right, trace in rows:
        groups.setdefault(trace.problem_id, []).append((right, trace))
    return groups


def _sums(group: Labelled, rank: str) -> dict[str, float]:
    """What one problem adds to the quotients; its ranking is noted in its traces."""
    right = [good for good, _ in group]
    yes = [good for good, trace in group if trace.outcome == "correct"]
    no = [good for good, trace in group if trace.outcome == "wrong"]
    hits, misses = sum(yes), len(no) - sum(no)
    scored = [(good, score) for good, trace in group if (score := _score(trace)) is not None]
    sums: dict[str, float] = {
        "all": len(group),
        "agree": hits + misses,
        "decided": len(yes) + len(no),
        "hits": hits,
        "misses": misses,
        "undecided": len(group) - len(yes) - len(no),
        "yes": len(yes),
        "no": len(no),
        "right": sum(right),
        "wrong": len(right) - sum(right),
        "twice": 2 * hits,
        "either": len(yes) + sum(right),
        "scored": len(scored),
        "error": sum((score - good) ** 2 for good, score in scored),
    }
    values = [score for _, score in scored]
    if rank == "outcome":
        values = [{"correct": 1.0, "wrong": 0.0}.get(trace.outcome, 0.5) for _, trace in group]
    if any(right) and not all(right) and len(values) == len(group):
        ranking = {"hit@1": hit_at_1(right, values), "mrr": reciprocal_rank(right, values)}
        sums |= {**ranking, "ranked": 1}
        for _, trace in group:
            trace.scores.update(ranking)
    return sums


def _measured(
    sums: Sequence[dict[str, float]], groups: Sequence[Labelled], seed: int
) -> dict[str, tuple[float, float, float]]:
    """Value and interval of each metric for which there is anything to count."""
    rng = np.random.default_rng(seed)
    size = max(len(sums) - 1, 1)
    drawn = rng.multinomial(size, np.full(len(sums), 1 / len(sums)), size=DRAWS) / size
    weights = np.vstack([np.full(len(sums), 1 / len(sums)), drawn])
    names = sorted({name for both in RATIOS.values() for name in both})
    totals = weights @ np.array([[problem.get(name, 0.0) for name in names] for problem in sums])
    column = dict(zip(names, totals.T, strict=True))
    measured = {}
    for metric, (above, under) in RATIOS.items():
        if column[under][0] > 0:
            measured[metric] = _span(column[above][column[under] > 0] / column[under][column[under] > 0])
    every = [(at, good, _score(trace)) for at, group in enumerate(groups) for good, trace in group]
    scored = [(at, good, score) for at, good, score in every if score is not None]
    if len({good for _, good, _ in scored}) == 2:
        at, right, scores = (np.array(values) for values in zip(*scored, strict=True))
        draws = np.array([weighted_auc(right.astype(bool), scores, weight[at]) for weight in weights])
        measured["auc"] = _span(draws[~np.isnan(draws)])
    if scored and all(0 <= s <= 1 for _, _, s in scored):
        at, right, scores = (np.array(values) for values in zip(*scored, strict=True))
        value, low, high = _span(
            np.array([calibration_error(right, scores, weight[at]) for weight in weights])
        )
        # Draws repeat problems, which alone makes bins look less even: all may lie above the value.
        measured["ece"] = (value, min(low, value), high)
    return measured


def _span(values: ops.Array) -> tuple[float, float, float]:
    """The value itself, which comes first, and the 95% interval of the draws."""
    low, high = np.quantile(values[1:], [0.025, 0.975]) if len(values) > 1 else (values[0], values[0])
    return float(values[0]), float(low), float(high)
