"""From saved samples to numbers: one per problem, and their mean with its interval.

An evaluation keeps every sample with its verdict, so any metric can be computed from it at any time: when a
claim compares two arms, when a table or a report is drawn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

from limbeck.curation.ops import field_of
from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation import ops
from limbeck.pipeline import metrics
from limbeck.pipeline.metrics import Metric
from limbeck.records import Data, Problem, Result, Results, Trace

_FIELD = re.compile(r"\{([\w.]+)\}")


def benchmark_of(problem: Problem, name: str = "") -> str:
    """The benchmark a problem belongs to: ``source``, with ``/split`` behind it unless the split is ``test``.

    Args:
        name: goes before; each ``{field}`` in it stands for what the problem says there, in a field of its
            own or in its ``meta``: ``level {level}`` makes a benchmark of each level.
    """
    if name:
        return _FIELD.sub(lambda key: _word(field_of(problem, key[1])), name)
    split = "" if problem.split == "test" and problem.source else problem.split
    return "/".join(part for part in (problem.source, split) if part) or "all"


def check_benchmark(name: str, problems: Iterable[Problem]) -> None:
    """Refuse a name with a field that no problem has.

    Raises:
        LimbeckError: naming the field, and the nearest that there is.
    """
    asked = list(problems)
    for key in _FIELD.findall(name):
        if asked and all(field_of(problem, key) is None for problem in asked):
            known = {*Problem.__struct_fields__, *(each for problem in asked for each in problem.meta)}
            raise LimbeckError(f"benchmark: {name!r}: no problem has a field {key!r}{nearest(key, known)}")


def _word(value: Any) -> str:
    return "none" if value is None else str(value)


def stored(trace: Trace, benchmark: str) -> Trace:
    """A stored trace as the sample of an evaluation that draws none: it has no temperature."""
    params = {name: value for name, value in trace.params.items() if name != "temperature"}
    return replace(trace, params={**params, "benchmark": benchmark})


@dataclass(frozen=True)
class Group:
    """The samples of one benchmark at one temperature, by problem id: an empty list where every request
    failed. ``temperature`` is None where nothing was drawn."""

    benchmark: str
    temperature: float | None
    samples: dict[str, list[Trace]] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Samples of the problem that has fewest, of those that have any."""
        return min((len(traces) for traces in self.samples.values() if traces), default=0)

    @property
    def total(self) -> int:
        return sum(len(traces) for traces in self.samples.values())


def place_of(trace: Trace, problem: Problem) -> tuple[str, float | None]:
    """The benchmark and the temperature of a sample; no temperature where nothing was drawn."""
    temperature = trace.params.get("temperature")
    benchmark = trace.params.get("benchmark") or benchmark_of(problem)
    return benchmark, None if temperature is None else float(temperature)


def groups(data: Data) -> list[Group]:
    """The evaluation's samples, sorted into benchmarks and temperatures in order of first appearance.

    ``trace.params`` names both. A sample whose request failed (``finish`` is ``error``) says nothing of the
    model and is left out.
    """
    sorted_: dict[tuple[str, float | None], Group] = {}
    problems = data.problem_by_id()
    # Neighbours are mostly of one problem at one place: what was looked up for the last one is kept.
    last, samples = None, list[Trace]()
    for trace in data.traces:
        here = trace.problem_id, trace.params.get("temperature"), trace.params.get("benchmark")
        if here != last:
            last = here
            problem = problems.get(trace.problem_id) or Problem(id=trace.problem_id, question="")
            place = place_of(trace, problem)
            group = sorted_.get(place) or sorted_.setdefault(place, Group(*place))
            group.problems[problem.id] = problem
            samples = group.samples.setdefault(problem.id, [])
        if trace.finish != "error":
            samples.append(trace)
    return list(sorted_.values())


def temperature_of(temperature: float | None) -> str:
    """``T=0.6``; ``no temperature`` where nothing was drawn, or stored samples do not say at which."""
    return "no temperature" if temperature is None else f"T={temperature:g}"


def find(data: Data, benchmark: str = "", temperature: float | None = None) -> Group:
    """The one group asked for; either name may be left out where there is only one.

    Raises:
        LimbeckError: when nothing, or more than one group, matches; it lists what there is.
    """
    every = groups(data)
    having = [group for group in every if not benchmark or group.benchmark == benchmark]
    if temperature is not None:
        drawn = [group for group in having if group.temperature is not None]
        having = [group for group in drawn if abs((group.temperature or 0) - temperature) < 1e-9]
    if len(having) == 1:
        return having[0]
    there = ", ".join(f"{group.benchmark}, {temperature_of(group.temperature)}" for group in every) or "none"
    hint = nearest(benchmark, {group.benchmark for group in every}) if benchmark and not having else ""
    if not having and any(group.temperature is None for group in every):
        hint += "; say `temperature: null` for what was not sampled"
    wanted = f"benchmark {benchmark!r}, temperature {temperature}"
    count = "no" if not having else "several"
    raise LimbeckError(f"{count} evaluation samples match {wanted}{hint} (there are: {there})")


def per_problem(group: Group, metric: Any = "pass@1") -> dict[str, float]:
    """One number per problem id, of the problems that the metric has a number for.

    Args:
        metric: as a recipe names it, or already read.

    Raises:
        LimbeckError: for an unknown metric, one that has no number at all, or something else than a number.
    """
    chosen = metrics.read(metric)
    values = _values(group, chosen)
    if not values and group.total:
        known = {name for traces in group.samples.values() for trace in traces for name in trace.scores}
        hint = nearest(chosen.label.partition("@")[2], known) if "@" in chosen.label else ""
        raise LimbeckError(f"{chosen.label} has no number for any problem of {group.benchmark}{hint}")
    return values


def _values(group: Group, metric: Metric) -> dict[str, float]:
    numbers: dict[str, Any] = {}
    for name, traces in group.samples.items():
        number = _number(metric, group.problems[name], traces) if traces else None
        if number is not None:
            numbers[name] = number
    values = list(numbers.values())
    values = metric.combine(values) if metric.combine and values else values
    # What has no number for the whole (a price of right answers where none is right) says so by giving none.
    return dict(zip(numbers, map(float, values), strict=True)) if values else {}


def _number(metric: Metric, problem: Problem, traces: list[Trace]) -> Any:
    """What the metric says of one problem, after a look at whether it is a number."""
    try:
        value = metric.function(problem, traces)
    except LimbeckError as error:
        raise LimbeckError(f"{metric.label}: {error}") from error
    except Exception as error:  # a user's metric may stumble; say over what
        reason = f"{type(error).__name__}: {error}"
        raise LimbeckError(f"metric {metric.label} fails on problem {problem.id!r}: {reason}") from error
    if value is None:
        return None
    gives = f"metric {metric.label} gives {value!r} for problem {problem.id!r}"
    parts = value if metric.combine and isinstance(value, tuple) else (value,)
    if not all(isinstance(part, Real | np.bool_) and math.isfinite(part) for part in parts):
        raise LimbeckError(f"{gives}; it must be a finite number, or None to leave the problem out")
    if metric.unit == "share" and not all(0 <= part <= 1 for part in parts):
        raise LimbeckError(f"{gives}; its unit is share, a number from 0 to 1")
    return value


def rows(group: Group, chosen: Iterable[Metric], common: Result) -> Iterator[Result]:
    """The mean over problems of each metric, with its 95% interval; one without a number has no row.

    Args:
        common: gives the rows their model, seeds and setting, to which the temperature is added.
    """
    for metric in chosen:
        if values := _values(group, metric):
            yield _row(group, metric, values, common)


def _row(group: Group, metric: Metric, values: dict[str, float], common: Result) -> Result:
    numbers = np.array(list(values.values()))
    low, high, interval = ops.interval(numbers, proportion=metric.unit == "share")
    drawn = {} if group.temperature is None else {"temperature": group.temperature}
    return replace(
        common,
        benchmark=group.benchmark,
        metric=metric.label,
        unit=metric.unit,
        value=float(numbers.mean()),
        low=low,
        high=high,
        n=len(numbers),
        samples=group.total,
        interval=interval,
        setting={**drawn, **common.setting},
    )


def results(data: Data, names: Iterable[str], common: Result) -> list[Result]:
    """The rows of these metrics for every benchmark and temperature."""
    chosen = [metrics.read(name) for name in names]
    return [row for group in groups(data) for row in rows(group, chosen, common)]


def like(model: str, seeds: list[int], **setting: Any) -> Result:
    """What all rows of one evaluation have in common, for `rows`."""
    return Result(model=model, benchmark="", metric="", value=0.0, seeds=seeds, setting=setting)


def called(model: str) -> str:
    """What a checkpoint is called in results: the stage that made it, or its own folder's name."""
    path = Path(model)
    return re.sub(r"-[0-9a-f]{12}$", "", path.parent.name) if path.name == "model" else path.name


def measured(outcome: Results, chosen: Iterable[Metric]) -> list[Result]:
    """An evaluation's rows, and those of the metrics asked for beside what it measures itself.

    Raises:
        LimbeckError: as `per_problem`.
    """
    asked, every = list(chosen), list(outcome.results)
    present = {(row.benchmark, row.metric) for row in every}
    for group in groups(outcome.data) if asked else []:
        writer = next((traces[0].model for traces in group.samples.values() if traces), "")
        alike = [row for row in outcome.results if row.benchmark == group.benchmark]
        common = like(alike[0].model if alike else writer, alike[0].seeds if alike else [], n=group.n)
        for metric in asked:
            if (group.benchmark, metric.label) not in present and group.total:
                every.append(_row(group, metric, per_problem(group, metric), common))
    return every
