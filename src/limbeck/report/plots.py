"""Charts that set two numbers of each arm against each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from limbeck.evaluation.ops import wilson
from limbeck.evaluation.samples import groups, temperature_of
from limbeck.records import Result, Trace
from limbeck.report.figure import Figure, slug
from limbeck.report.reading import Run
from limbeck.report.scatter import Point, scatter, span

BINS = 10
VOTES = re.compile(r"maj@\d+")
SCORE = "confidence"
"""The name in ``trace.scores`` under which a sample says how sure it is, from 0 to 1."""


def frontiers(run: Run) -> list[Figure]:
    """Accuracy against tokens, a chart per benchmark and temperature with two arms or more; the line joins
    the arms that no other one beats in both.

    Where majorities of the cheapest arm's samples were measured, they are drawn at their own cost up to that
    of the dearest arm: what the same tokens are worth when they are spent on votes."""
    chosen: dict[tuple[str, str], dict[str, dict[str, Result]]] = {}
    for model, result in run.results:
        if result.metric in ("pass@1", "mean_tokens") or VOTES.fullmatch(result.metric):
            told = result.setting.get("temperature")
            where = temperature_of(None if told is None else float(told))
            arms = chosen.setdefault((result.benchmark, where), {})
            arms.setdefault(model, {})[result.metric] = result
    figures = []
    for (benchmark, where), arms in chosen.items():
        whole = {name: told for name, told in arms.items() if {"pass@1", "mean_tokens"} <= told.keys()}
        if len(whole) > 1:
            figures.append(_frontier(f"{benchmark}, {where}", whole))
    return figures


def _frontier(where: str, arms: dict[str, dict[str, Result]]) -> Figure:
    places = {name: (pair["mean_tokens"].value, 100 * pair["pass@1"].value) for name, pair in arms.items()}
    best = unbeaten(places)
    points = []
    for name, (tokens, _) in places.items():
        kind = "holds" if name in best else "not-shown"
        points.append(_point(name, tokens, arms[name]["pass@1"], kind))
    votes = _votes(arms)
    every = [*points, *votes]
    heights = [end for point in every for end in (point.low, point.high)]
    line = sorted(places[name] for name in best)
    label = f"pass@1 in percent against mean tokens on {where}"
    widths = span([point.x for point in every])
    picture = scatter(every, widths, span(heights), "mean tokens of a sample", label, line)
    note = "pass@1 in percent, with 95% intervals, against mean tokens; joined: no arm is better in both"
    if votes:
        note += "; blue: majorities of the cheapest arm's samples, with the tokens of all of them"
    return Figure(slug(f"tokens-{where}"), where, picture, note)


def _point(name: str, tokens: float, result: Result, kind: str) -> Point:
    right = 100 * result.value
    low, high = (right if end is None else 100 * end for end in (result.low, result.high))
    return Point(name, tokens, right, low, high, kind)


def _votes(arms: dict[str, dict[str, Result]]) -> list[Point]:
    """Majorities of the cheapest arm, up to the first that takes as many tokens as any arm does."""
    cost = {name: told["mean_tokens"].value for name, told in arms.items()}
    cheapest = min(cost, key=cost.__getitem__)
    numbers = sorted(int(name[4:]) for name in arms[cheapest] if VOTES.fullmatch(name))
    points: list[Point] = []
    for k in numbers:
        if points and points[-1].x >= max(cost.values()):
            break
        if cost[cheapest] < max(cost.values()):
            made = _point(f"{k} votes", k * cost[cheapest], arms[cheapest][f"maj@{k}"], "votes")
            points.append(made._replace(below=True))
    return points


def unbeaten(places: dict[str, tuple[float, float]]) -> list[str]:
    """The arms that no other one beats: none has no more tokens and no fewer right, and differs in one."""
    kept = []
    for name, (tokens, right) in places.items():
        others = [place for place in places.values() if place != (tokens, right)]
        if not any(other <= tokens and good >= right for other, good in others):
            kept.append(name)
    return kept


def reliability_diagrams(run: Run) -> list[Figure]:
    """How often samples are right that say they are so sure, for each arm whose samples say it."""
    figures = []
    for (stage, arm), data in run.samples.items():
        for group in groups(data):
            every = [trace for traces in group.samples.values() for trace in traces]
            points = binned(every)
            if points:
                where = f"{group.benchmark}, {temperature_of(group.temperature)}"
                figures.append(_diagram(f"{stage}: {arm}, {where}", points))
    return figures


def binned(traces: Sequence[Trace], bins: int = BINS) -> list[Point]:
    """Mean confidence and share right of the samples in each of equally wide bins, with Wilson's 95%
    intervals; samples that are neither right nor wrong, or say no confidence from 0 to 1, are left out."""
    decided = [trace for trace in traces if trace.outcome in ("correct", "wrong")]
    told = [(trace.scores[SCORE], trace.outcome == "correct") for trace in decided if SCORE in trace.scores]
    sure_N = np.array([sure for sure, _ in told if 0 <= sure <= 1])
    right_N = np.array([right for sure, right in told if 0 <= sure <= 1])
    place_N = np.minimum((sure_N * bins).astype(int), bins - 1)
    points = []
    for place in np.unique(place_N):
        here = place_N == place
        n, good = int(here.sum()), int(right_N[here].sum())
        low, high = wilson(good, n)
        name = f"{n:,} samples"
        mean = float(sure_N[here].mean())
        points.append(Point(name, 100 * mean, 100 * good / n, 100 * low, 100 * high, "holds"))
    return points


def _diagram(where: str, points: list[Point]) -> Figure:
    label = f"right against confidence, in percent, {where}"
    picture = scatter(points, (0, 100), (0, 100), "confidence", label, [(0, 0), (100, 100)], named=False)
    note = "share right in percent, with 95% intervals, against confidence; the line: as sure as right"
    return Figure(slug(f"reliability-{where}"), where, picture, note)
