"""One table for whatever makes reasoning shorter, smaller or faster: what it costs in accuracy, and what it
gains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from msgspec.structs import replace

from limbeck.curation.ops import field_of
from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation.frontiers import area, boundary, on_front
from limbeck.evaluation.samples import benchmark_of
from limbeck.pipeline import metrics
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Result, Results, Trace
from limbeck.texts.steps import Cutting
from limbeck.types import PositiveShare

DRAWS = 2000
SHOWN = ("accuracy", "mean_tokens", "eta", "overthinking", "underthinking", "excess")
UNITS = {"accuracy": "share", "mean_tokens": "tokens", "eta": "right per 1,000 tokens", "excess": "times"}
Array = np.ndarray


def efficiency(
    *data: Data,
    names: tuple[str, ...] = (),
    level: str = "",
    threshold: PositiveShare = 0.5,
    cutting: Cutting = Cutting(),
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Accuracy, tokens, over- and underthinking and the frontier of several models on the problems that all
    have samples of.

    Of each: ``accuracy``, ``mean_tokens``, ``eta`` (`metrics/eta`), ``overthinking`` and ``underthinking``
    (`metrics/wasted_at` of right and of wrong samples), ``excess`` (tokens over those of the shortest right
    sample that anybody wrote, which is what an oracle spends, on problems that somebody solves), ``on_front``
    (the share of bootstrap draws in which no other is as accurate and shorter) and, with a level,
    ``boundary`` (how many levels, from the easiest on, are solved). Of ``all`` together the ``area`` under
    the frontier. All intervals (95%) are of one bootstrap over problems; arXiv 2503.21614 and 2504.10903.

    Args:
        data: each model's samples with verdicts, as evaluations keep them.
        names: of the models, one for each; by default the writers their samples name.
        level: field of the problems with a number or a word for their difficulty; levels are sorted.
        threshold: accuracy from which on a level is solved.
        cutting: what a step is, for over- and underthinking.
        benchmark: one name for all; by default source and split of the first problem.

    Raises:
        LimbeckError: names that are not as many or not different, no common problem, samples whose tokens
            nobody counted, or a field that no problem has.
    """
    arms = _named(data, names)
    groups = [each.by_problem() for each in data]
    common = [problem for problem in data[0].problems if all(group.get(problem.id) for group in groups)]
    if not common:
        raise LimbeckError("evaluation/efficiency: the models have no problem in common")
    left = max(len(group) for group in groups) - len(common)
    if left > 0:
        ctx.log(f"{left:,} problems left out, which not all models have samples of")
    tables = [_numbers(common, group, name, cutting) for group, name in zip(groups, arms, strict=True)]
    _add_excess(tables)
    drawn_DP = np.random.default_rng(seed).integers(len(common), size=(DRAWS, len(common)))
    like = Result(model="all", benchmark=benchmark or benchmark_of(common[0]), metric="", value=0.0)
    like = replace(like, n=len(common), interval="bootstrap over problems", seeds=[seed])
    levels_P = _levels(common, level)
    results: list[Result] = []
    for name, each in zip(arms, tables, strict=True):
        results += _of(name, each, drawn_DP, like)
        if levels_P is not None:
            blank = replace(like, model=name, metric="boundary", unit="levels")
            results.append(_bounded(blank, each["accuracy"], levels_P, drawn_DP, threshold))
    results += _front(arms, tables, drawn_DP, like)
    read = _samples(common, arms, groups)
    counts = Counter(trace.model for trace in read.traces)
    counts["all"] = len(read.traces)
    return Results([replace(row, samples=counts[row.model]) for row in results], read)


def _add_excess(tables: list[dict[str, Array]]) -> None:
    """Tokens over those of the shortest right sample of any model; not a number where nobody is right."""
    oracle_P = np.fmin.reduce([each["shortest"] for each in tables])
    for each in tables:
        each["excess"] = each["mean_tokens"] / oracle_P


def _samples(problems: list[Problem], arms: list[str], groups: list[dict[str, list[Trace]]]) -> Data:
    """Each model's samples under its name."""
    read = Data(problems)
    for name, group in zip(arms, groups, strict=True):
        samples = [trace for problem in problems for trace in group[problem.id]]
        read.traces += [replace(trace, id=f"{trace.id}@{name}", model=name) for trace in samples]
    return read


def _bounded(blank: Result, accuracy_P: Array, levels_P: Array, drawn_DP: Array, threshold: float) -> Result:
    at_DP = [np.arange(len(levels_P)), *drawn_DP]
    told = np.array([_boundary(accuracy_P, levels_P, at_P, threshold) for at_P in at_DP])
    return _row(blank, told[0], told[1:])


def _of(name: str, table: dict[str, Array], drawn_DP: Array, like: Result) -> Iterator[Result]:
    for metric in SHOWN:
        values_P = table[metric]
        if n := int(np.isfinite(values_P).sum()):
            blank = replace(like, model=name, metric=metric, n=n, unit=UNITS.get(metric, "share"))
            yield _row(blank, float(np.nanmean(values_P)), _means(values_P, drawn_DP))


def _row(blank: Result, value: float, draws_D: Array) -> Result:
    low, high = np.nanquantile(draws_D, [0.025, 0.975])
    return replace(blank, value=float(value), low=min(float(low), value), high=max(float(high), value))


def _front(
    arms: list[str], tables: list[dict[str, Array]], drawn_DP: Array, like: Result
) -> Iterator[Result]:
    """How often each is on the frontier, and the area under it."""
    accuracy_DA, tokens_DA = (_stacked(tables, key, drawn_DP) for key in SHOWN[:2])
    front_DA = np.stack([on_front(*each) for each in zip(accuracy_DA, tokens_DA, strict=True)])
    for name, share in zip(arms, front_DA.mean(0), strict=True):
        yield replace(like, model=name, metric="on_front", value=float(share), interval="", unit="share")
    accuracy_A, tokens_A = (np.array([each[key].mean() for each in tables]) for key in SHOWN[:2])
    most = float(tokens_A.max())
    areas_D = np.array([area(*each, most) for each in zip(accuracy_DA, tokens_DA, strict=True)])
    yield _row(replace(like, metric="area", unit="share"), area(accuracy_A, tokens_A, most), areas_D)


def _stacked(tables: list[dict[str, Array]], key: str, drawn_DP: Array) -> Array:
    return np.stack([_means(each[key], drawn_DP) for each in tables], axis=1)


def _named(data: tuple[Data, ...], names: tuple[str, ...]) -> list[str]:
    arms = list(names) or [each.traces[0].model if each.traces else "" for each in data]
    if len(arms) != len(data) or len({*arms}) < len(arms):
        raise LimbeckError(
            f"evaluation/efficiency: names={arms!r} for {len(data)} models; give each a name of its own"
        )
    return arms


def _numbers(
    problems: list[Problem], group: dict[str, list[Trace]], name: str, cutting: Cutting
) -> dict[str, Array]:
    """One number a problem of each measure; not a number where it has none."""
    cut = {"by": cutting.by, "separator": cutting.separator}
    measures: dict[str, Callable[[Problem, list[Trace]], Any]] = {
        "accuracy": metrics.read("pass@1").function,
        "mean_tokens": metrics.read("mean_tokens").function,
        "eta": metrics.read("eta").function,
        "overthinking": metrics.read({"wasted_at": {"outcome": "correct", **cut}}).function,
        "underthinking": metrics.read({"wasted_at": {"outcome": "wrong", **cut}}).function,
        "shortest": _shortest,
    }
    told = {}
    for measure, function in measures.items():
        values = [function(problem, group[problem.id]) for problem in problems]
        told[measure] = np.array([np.nan if value is None else value for value in values], dtype=float)
    if not np.isfinite(told["mean_tokens"]).all():
        raise LimbeckError(f"evaluation/efficiency: samples of {name!r} do not say how many tokens they have")
    return told


def _shortest(problem: Problem, traces: list[Trace]) -> float | None:
    right = [trace.tokens for trace in traces if trace.outcome == "correct" and trace.tokens]
    return float(min(right)) if right else None


def _means(values_P: Array, drawn_DP: Array) -> Array:
    """Mean of each draw, of the problems that have a number."""
    known_DP = np.isfinite(values_P)[drawn_DP]
    sums_D: Array = np.where(known_DP, values_P[drawn_DP], 0.0).sum(1)
    counts_D = known_DP.sum(1)
    return np.where(counts_D > 0, sums_D / np.maximum(counts_D, 1), np.nan)


def _levels(problems: list[Problem], field: str) -> Array | None:
    """Each problem's level as a number from 0."""
    if not field:
        return None
    values = [field_of(problem, field) for problem in problems]
    if any(value is None for value in values):
        known = {key for problem in problems for key in problem.meta}
        raise LimbeckError(
            f"evaluation/efficiency: level={field!r}: not all problems have it{nearest(field, known)}"
        )
    return np.unique(np.array(values), return_inverse=True)[1]


def _boundary(accuracy_P: Array, levels_P: Array, at_P: Array, threshold: float) -> float:
    counts_L = np.bincount(levels_P[at_P], minlength=levels_P.max() + 1)
    sums_L = np.bincount(levels_P[at_P], accuracy_P[at_P], minlength=levels_P.max() + 1)
    return float(boundary(sums_L / np.maximum(counts_L, 1), threshold))
