"""From a run's numbers to its charts and tables."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup

from limbeck import units
from limbeck.errors import LimbeckError
from limbeck.evaluation.comparison import Comparison, compare, holm
from limbeck.evaluation.samples import groups, temperature_of
from limbeck.pipeline import metrics
from limbeck.records import Result
from limbeck.report import svg
from limbeck.report.figure import Figure, slug
from limbeck.report.reading import Curve, Run, Traces
from limbeck.reproduction.claims import check


def setting(result: Result) -> str:
    """``T=0.6``, the part of a setting that tells columns of one table apart."""
    return f"T={result.setting['temperature']:g}" if "temperature" in result.setting else ""


def unique(values: Iterator[Any]) -> list[Any]:
    """Each value once, in order of first appearance."""
    return list(dict.fromkeys(values))


def metric_tables(run: Run) -> list[dict[str, Any]]:
    """One table per metric, pass@1 first: a row per model, a column per benchmark and temperature."""
    measures = unique((result.metric, result.unit) for _, result in run.results)
    models = unique(model for model, _ in run.results)

    def order(measure: tuple[str, str]) -> tuple[bool, bool]:
        return measure[0] != "pass@1", "@" not in measure[0]

    return [_metric_table(run, measure, models) for measure in sorted(measures, key=order)]


def _metric_table(run: Run, measure: tuple[str, str], models: list[str]) -> dict[str, Any]:
    chosen = [pair for pair in run.results if (pair[1].metric, pair[1].unit) == measure]
    metric, unit = measure
    benchmarks = unique(result.benchmark for _, result in chosen)
    columns = unique((result.benchmark, setting(result)) for _, result in chosen)
    columns = [column for name in benchmarks for column in columns if column[0] == name]
    cells = {(model, result.benchmark, setting(result)): result for model, result in chosen}
    rows: list[tuple[str, list[dict[str, Any] | None]]] = []
    for model in models:
        here = [cells.get((model, *column)) for column in columns]
        if any(here):
            rows.append((model, [_cell(result) if result else None for result in here]))
    if metric.startswith(("pass@", "maj@")) and len(rows) > 1:
        for column in zip(*(cells for _, cells in rows), strict=True):
            best = max(cell["value"] for cell in column if cell)
            for cell in column:
                if cell and cell["value"] == best:
                    cell["best"] = True
    spans = [(name, sum(column[0] == name for column in columns)) for name in benchmarks]
    return {"metric": metric, "unit": in_words(unit), "columns": columns, "benchmarks": spans, "rows": rows}


def in_words(unit: str) -> str:
    """What a heading says of a unit: ``percent``, ``nats``; nothing for a plain number."""
    return "percent" if unit == "share" else units.name(unit)


def _cell(result: Result) -> dict[str, Any]:
    ends = () if result.low is None or result.high is None else (result.low, result.high)
    seeds = f", seed {', '.join(map(str, result.seeds))}" if result.seeds else ""
    title = f"{result.n:,} problems, {result.samples:,} samples{seeds}; {result.interval}"
    return {
        "value": result.value,
        "text": units.bare(result.value, result.unit),
        "title": title,
        "best": False,
        "result": result,
        "bounds": [units.bare(end, result.unit) for end in ends],
    }


def accuracy_bars(run: Run) -> list[Figure]:
    """A chart of pass@1 per benchmark, a series per temperature."""
    charts = []
    chosen = [(model, result) for model, result in run.results if result.metric == "pass@1"]
    for benchmark in unique(result.benchmark for _, result in chosen):
        here = [(model, result) for model, result in chosen if result.benchmark == benchmark]
        series = unique(setting(result) for _, result in here)
        values = {}
        for model, result in here:
            low, high = (None if bound is None else 100 * bound for bound in (result.low, result.high))
            values[model, setting(result)] = (100 * result.value, low, high)
        models = unique(model for model, _ in here)
        picture = svg.bars(models, series, values, f"pass@1 on {benchmark}, in percent")
        legend = tuple((f"s{place % 6}", name) for place, name in enumerate(series) if name)
        note = "pass@1 in percent, with 95% intervals"
        charts.append(Figure(slug(f"pass@1-{benchmark}"), benchmark, picture, note, legend))
    return charts


class Contrast(NamedTuple):
    """Two models of one stage of evaluation, and in what they are compared."""

    scores: str
    better: str
    than: str
    metric: metrics.Metric
    fewer: bool = False


def contrasts(run: Run) -> list[Contrast]:
    """Which models to compare: as the recipe's claim says, else each against the first one evaluated."""
    wanted = []
    if claim := run.recipe.get("claim"):
        spelt = check(claim, str(run.recipe.get("title", "")))
        for each in [*spelt["main"], *spelt["also"]]:
            measure = metrics.read(each["metric"])
            wanted.append(Contrast(each["scores"], each["better"], each["than"], measure, each["fewer"]))
    else:
        for scores in unique(scores for scores, _ in run.samples):
            first, *others = [model for stage, model in run.samples if stage == scores]
            wanted += [Contrast(scores, model, first, metrics.read("pass@1")) for model in others]
    made = run.samples.keys()
    here = [each for each in wanted if {(each.scores, each.better), (each.scores, each.than)} <= made]
    return list({(*each[:3], each.metric.label): each for each in here}.values())


def comparisons(run: Run, draws: int = 2000) -> list[Comparison]:
    """Every contrast on every benchmark and temperature, Holm-adjusted within each; what cannot be paired is
    noted."""
    families: dict[tuple[Any, ...], list[Comparison]] = {}
    for contrast in contrasts(run):
        first, second = (run.samples[contrast.scores, side] for side in (contrast.better, contrast.than))
        for group in groups(first):
            place = (contrast.scores, contrast.metric.label, group.benchmark, group.temperature)
            try:
                compared = compare(
                    [first],
                    [second],
                    names=(contrast.better, contrast.than),
                    metric=contrast.metric,
                    temperature=group.temperature,
                    benchmark=group.benchmark,
                    fewer=contrast.fewer,
                    draws=draws,
                )
                families.setdefault(place, []).append(compared)
            except LimbeckError as error:
                where = f"{contrast.metric.label} on {group.benchmark}, {temperature_of(group.temperature)}"
                run.notes.append(f"{contrast.better} against {contrast.than}, {where}: {error}")
    return [compared for family in families.values() for compared in holm(family)]


VERDICTS = (("holds", "holds"), ("not-shown", "not shown"), ("reversed", "reversed"))


def comparison_charts(compared: Sequence[Comparison]) -> list[Figure]:
    """A forest plot per benchmark, temperature and metric; shares in percentage points."""
    charts = []
    for place in unique((c.benchmark, c.temperature, c.measured) for c in compared):
        here = [c for c in compared if (c.benchmark, c.temperature, c.measured) == place]
        first = here[0]
        scale, unit = units.style(first.unit).scale, units.name(first.unit)
        unit = "percentage points" if first.unit == "share" else unit
        rows = []
        for c in here:
            span = (scale * c.diff, scale * c.low, scale * c.high)
            rows.append((f"{c.better} − {c.than}", *span, c.verdict.replace(" ", "-")))
        where = f"{place[0]}, {temperature_of(place[1])}"
        # The metric is in the title where it is not the usual one: `pass@1` of the recipe's first scores.
        title = where if place[2] == "pass@1" else f"{where}, {place[2]}"
        note = f"differences{f' in {unit}' if unit else ''}, with 95% intervals"
        picture = svg.forest(rows, f"differences in {place[2]} on {where}")
        charts.append(Figure(slug(f"difference-{place[2]}-{where}"), title, picture, note, VERDICTS))
    return charts


def _domain(values: Sequence[float]) -> tuple[float, float]:
    # One wild first step must not flatten the rest of the curve.
    low, high = np.quantile(values, [0.005, 0.995])
    pad = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    return float(low - pad), float(high + pad)


def _panels(curves: Sequence[Curve], columns: dict[str, str], label: str) -> list[tuple[str, Markup]]:
    """A chart per curve, all on one scale save those whose own range is two and a half times the others'."""
    lines = {curve.stage: [(kind, *curve.line(name)) for name, kind in columns.items()] for curve in curves}
    lines = {stage: [line for line in three if len(line[1]) > 1] for stage, three in lines.items()}
    drawn = {stage: [y for line in three for y in line[2]] for stage, three in lines.items() if three}
    ranges = {stage: _domain(values) for stage, values in drawn.items()}
    if not ranges:
        return []
    usual = statistics.median(high - low for low, high in ranges.values())
    calm = [(low, high) for low, high in ranges.values() if high - low <= 2.5 * usual]
    shared = min(low for low, _ in calm), max(high for _, high in calm)
    panels = []
    for stage, span in ranges.items():
        picture = svg.panel(lines[stage], shared if span in calm else span, "step", f"{label}, {stage}")
        panels.append((stage, picture))
    return panels


def logp_panels(run: Run) -> list[Figure]:
    """Chosen and rejected log-probability per token through stage 2, a chart per arm."""
    having = [curve for curve in run.curves if {"logp_chosen", "logp_rejected"} <= curve.columns.keys()]
    columns, label = {"logp_chosen": "right", "logp_rejected": "wrong"}, "log-probability per token"
    legend = (("right", "chosen"), ("wrong", "rejected"))
    figures = []
    for stage, picture in _panels(having, columns, label):
        figures.append(Figure(slug(f"logp-{stage}"), stage, picture, f"{label}, in nats", legend))
    return figures


def loss_panels(run: Run) -> list[Figure]:
    """The loss of every training stage, each on a scale of its own: different objectives' losses share no
    unit."""
    having = [curve for curve in run.curves if "loss" in curve.columns]
    figures = []
    for curve in having:
        watched = "val_loss" in curve.columns
        lines = {"loss": "plain"} | ({"val_loss": "wrong"} if watched else {})
        legend = (("plain", "trained on"), ("wrong", "held out")) if watched else ()
        for stage, picture in _panels([curve], lines, "loss"):
            figures.append(Figure(slug(f"loss-{stage}"), stage, picture, "loss", legend))
    return figures


def trace_charts(traces: Traces) -> list[Figure]:
    """Of the training data: how often problems are solved, and how long right and wrong traces are."""
    charts = [pass_rate_chart(traces), length_chart(traces)]
    return [chart for chart in charts if chart is not None]


def pass_rate_chart(traces: Traces) -> Figure | None:
    """How many problems the teacher solves how often."""
    if not traces.pass_rates:
        return None
    # With k traces for every problem only k + 1 rates occur: a bar for each, or else bins would straddle them
    # unevenly.
    k = next(iter(traces.tried)) if len(traces.tried) == 1 else 0
    edges = (np.arange(k + 2) - 0.5) / k if 1 < k <= 16 else np.linspace(0, 1, 11)
    counts, _ = np.histogram(traces.pass_rates, bins=edges)
    shares = 100 * counts / counts.sum()
    series = [("s0", shares.tolist())]
    picture = svg.histogram(series, edges.tolist(), "pass rate", "problems by pass rate, in percent")
    return Figure("pass-rate", "Pass rate", picture, "share of problems, in percent")


def length_chart(traces: Traces) -> Figure | None:
    """Lengths of right and of wrong traces, each as shares of its own kind; the longest 1% are in the last
    bin."""
    every = [length for lengths in traces.lengths.values() for length in lengths]
    if not every:
        return None
    low, high = min(every), int(np.quantile(every, 0.99))
    width = max(1, -(-(high - low + 1) // 24))
    edges = np.arange(low, high + width + 1, width)
    series = []
    for outcome, kind in (("correct", "right"), ("wrong", "wrong")):
        counts, _ = np.histogram(np.clip(traces.lengths[outcome], edges[0], edges[-1]), bins=edges)
        if counts.sum():
            series.append((kind, (100 * counts / counts.sum()).tolist()))
    label = "lengths of right and wrong traces, in percent"
    picture = svg.histogram(series, edges.tolist(), traces.unit, label)
    note = "share of each kind, in percent; the longest 1% in the last bin"
    # A single series is drawn in its own colour, and the legend says which it is.
    legend = tuple((kind, kind) for kind, _ in series)
    return Figure("lengths", "Length", picture, note, legend)


def funnel(run: Run) -> list[dict[str, Any]]:
    """What each data stage has, keeps, and newly marks with which reason."""
    known = {stage["name"]: stage for stage in run.stages}
    rows = []
    for stage in run.stages:
        counts = stage.get("counts") or {}
        if stage["kind"] != "data" or not counts:
            continue
        sources = [known.get(name, {}).get("counts") for name in stage.get("inputs", [])[:1]]
        before = [earlier for earlier in sources if earlier]
        reasons = []
        for kind, what in (("marks", "traces"), ("problem_marks", "problems"), ("pair_marks", "pairs")):
            for reason, count in (counts.get(kind) or {}).items():
                new = count - sum((earlier.get(kind) or {}).get(reason, 0) for earlier in before)
                if new > 0:
                    reasons.append({"reason": reason, "count": new, "what": what})
        made, kept = counts.get("traces", 0), counts.get("kept", 0)
        share = 100 * kept / made if made else None
        rows.append({"stage": stage, "counts": counts, "reasons": reasons, "share": share})
    return rows
