"""Samples that are there already, whoever drew them: judged where nobody has, counted, compared.

What `evaluation/stored`, ``limbeck score`` and ``limbeck eval`` of several models have in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.evaluation import samples
from limbeck.evaluation.comparison import Comparison, compare, holm
from limbeck.evaluation.samples import Group, benchmark_of, check_benchmark, groups
from limbeck.pipeline.context import Progress
from limbeck.pipeline.metrics import Metric
from limbeck.records import Data, Result, Trace
from limbeck.types import Verifier
from limbeck.verifiers.ops import verify

NEARLY_ALL = 0.95
"""Share of problems that have as many samples as the k of pass@k and maj@k that nobody asked for."""
FEW = 10
"""Problems below which a bootstrap over problems is too sure of itself."""


@dataclass
class Judged:
    """Samples with verdicts: how many were ``kept`` as they came and how many were judged (``fresh``).

    ``voiceless`` wrong samples have no answer that anybody read out: they cannot vote, so that a majority of
    their problems would be a majority of the right.
    """

    data: Data
    kept: int = 0
    fresh: int = 0
    voiceless: int = 0


def judged(
    data: Data,
    verifier: Verifier | None,
    *,
    again: bool = False,
    progress: Progress | None = None,
) -> Judged:
    """The data with a verdict of ``verifier`` on every trace that has none.

    A verdict that is there stays. Where it is ``wrong`` and says no answer, and its problem has several
    samples, the verifier reads the answer out, for votes.

    Args:
        verifier: None leaves traces without a verdict as they are, ``unknown``.
        again: judge all traces; the new verdict counts.
        progress: advanced by one per trace that the verifier looks at.
    """
    several = {name for name, count in _counts(data).items() if count > 1}
    mute = {trace.id for trace in data.traces if trace.problem_id in several and _mute(trace)}
    if verifier is None:
        labelled = sum(bool(trace.verdicts) for trace in data.traces)
        return Judged(data, labelled, 0, len(mute))
    asked = [trace for trace in data.traces if again or not trace.verdicts or trace.id in mute]
    looked_at = verify(verifier, data.problem_by_id(), asked, progress=progress)
    looked = {trace.id: trace for trace in looked_at}
    made = Judged(Data(data.problems, pairs=data.pairs))
    for trace in data.traces:
        fresh = looked.get(trace.id)
        if fresh is None:
            made.kept += 1
        elif again or not trace.verdicts:
            made.fresh += 1
            trace = fresh
        else:
            made.kept += 1
            made.voiceless += fresh.outcome == "unknown"
            label = replace(trace.verdicts[-1], extracted=fresh.verdicts[-1].extracted)
            trace = replace(trace, verdicts=[*trace.verdicts[:-1], label])
        made.data.traces.append(trace)
    return made


def _mute(trace: Trace) -> bool:
    return trace.outcome == "wrong" and not trace.verdicts[-1].extracted


def sampled(data: Data, benchmark: str = "", writer: str = "") -> Data:
    """Stored traces as the samples of an evaluation: those of problems without a mark.

    Marks on traces do not count, for what is wrong or cut off is a sample too. A temperature that is no
    number is dropped. Where a file of lm-eval holds what several filters read out of the same texts, each
    filter's name stands behind the benchmark's.

    Args:
        benchmark: one name for all, or with a field in braces, as `samples.benchmark_of` reads it; by default
            source and split of the problems.
        writer: only its traces; empty takes all.
    """
    problems = {problem.id: problem for problem in data.problems if not problem.marks}
    check_benchmark(benchmark, problems.values())
    made = Data(list(problems.values()))
    # lm-eval logs a text once for each filter that reads an answer out of it: that is no further sample.
    filters = {_filter(trace) for trace in data.traces}
    for trace in data.traces:
        problem = problems.get(trace.problem_id)
        if problem is not None and writer in ("", trace.model):
            params = {name: value for name, value in trace.params.items() if name != "temperature"}
            if (drawn_at := temperature_in(trace)) is not None:
                params["temperature"] = drawn_at
            params["benchmark"] = benchmark_of(problem, benchmark)
            if len(filters) > 1 and (filter_ := _filter(trace)):
                params["benchmark"] += f"/{filter_}"
            made.traces.append(replace(trace, params=params))
    return made


def _filter(trace: Trace) -> str:
    """The filter of lm-evaluation-harness whose reading a trace's verdict is about."""
    by = trace.verdicts[-1].verifier if trace.verdicts else ""
    return by.removeprefix("lm_eval/") if by.startswith("lm_eval/") else ""


def temperature_in(trace: Trace) -> float | None:
    """The temperature that a trace says it was drawn at."""
    try:
        return float(trace.params["temperature"])
    except (KeyError, TypeError, ValueError):
        return None


def _counts(data: Data) -> Counter[str]:
    """Samples by problem; requests that failed are none."""
    return Counter(trace.problem_id for trace in data.traces if trace.finish != "error")


def usual(data: Data) -> int:
    """The number of samples that nearly all problems have; 0 without any."""
    numbers = [count for count in _counts(data).values() if count]
    return int(np.quantile(numbers, 1 - NEARLY_ALL, method="lower")) if numbers else 0


def need_samples(arms: Iterable[Data], ks: Iterable[int], further: Iterable[Metric] = ()) -> None:
    """Raise a LimbeckError for a k, its own or a further metric's, that no problem of any arm has the
    samples for."""
    wanted = {f"pass@{k}": k for k in ks} | {metric.label: needs(metric) for metric in further}
    most = max((count for data in arms for count in _counts(data).values()), default=0)
    for label, k in wanted.items():
        if k < 1 or k > most:
            told = f"no problem has more than {most:,}" if k > most else "k is at least 1"
            raise LimbeckError(f"{label} needs {k} samples of a problem; {told}")


def names(ks: Iterable[int], asked: Iterable[str] = (), votes: bool = True) -> list[str]:
    """The metrics of stored samples: pass@k and maj@k, what was asked for, lengths, cut-off and unparsed
    shares."""
    drawn = [f"{metric}@{k}" for metric in ("pass", "maj")[: 1 + votes] for k in sorted({*ks}) if k > 1]
    return ["pass@1", *drawn, *asked, "mean_tokens", "truncated", "unparsed", "unverified"]


def numbers(
    made: Judged, chosen: Sequence[Metric], common: Result, note: Callable[[str], None]
) -> list[Result]:
    """The rows of each metric for every benchmark and temperature.

    Problems with fewer samples than a metric needs are left out of it and counted aloud, and so is a majority
    where wrong samples have no vote. ``unverified`` has a row where it is not 0.

    Args:
        note: is told what was left out and why.
    """
    rows = []
    for group in groups(made.data):
        for metric in chosen:
            if metric.label.startswith("maj@") and made.voiceless:
                why = f"{made.voiceless:,} wrong samples do not say their answer and cannot vote"
                note(f"{metric.label} is left out: {why}")
                continue
            enough, short = with_enough(group, metric)
            if short:
                note(f"{metric.label}: {short:,} of {len(group.samples):,} problems have fewer samples")
            row = next(samples.rows(enough, [metric], common), None)
            if row and (row.value or row.metric != "unverified"):
                rows.append(row)
    return rows


def needs(metric: Metric) -> int:
    """How many samples of a problem a metric needs: its ``k``, 1 where it has none."""
    k = metric.function.params.get("k", 1)
    return k if isinstance(k, int) else 1


def with_enough(group: Group, metric: Metric) -> tuple[Group, int]:
    """The problems with as many samples as a metric needs, and how many have some but fewer."""
    least = needs(metric)
    kept = {name: traces for name, traces in group.samples.items() if len(traces) >= least}
    short = sum(0 < len(traces) < least for traces in group.samples.values())
    return Group(group.benchmark, group.temperature, kept, group.problems), short


def contrasts(
    arms: dict[str, Data], pairs: Iterable[tuple[str, str]], chosen: Sequence[Metric]
) -> tuple[list[Comparison], list[str]]:
    """Each pair of arms in each metric, on each benchmark and temperature of the first of them.

    Problems are paired by id. What only one of the two has, or has with fewer samples than the metric needs,
    is left out. ``temperature`` is None where the two differ in it.

    Returns:
        The comparisons, Holm-adjusted together, and what was left out or could not be compared.
    """
    compared, notes = [], []
    for names in pairs:
        for group in groups(arms[names[0]]):
            made, told = _group_contrasts(names, group, arms[names[1]], chosen)
            compared += made
            notes += [f"{' against '.join(names)}: {text}" for text in told]
    return holm(compared), list(dict.fromkeys(notes))


def _group_contrasts(
    names: tuple[str, str], group: Group, data: Data, chosen: Sequence[Metric]
) -> tuple[list[Comparison], list[str]]:
    compared: list[Comparison] = []
    try:
        other = _opposite(group, data)
    except LimbeckError as error:
        return compared, [str(error)]
    notes = _apart(names, group, other)
    if not group.samples.keys() & other.samples.keys():
        return compared, notes
    for metric in chosen:
        try:
            compared.append(_contrast(names, group, other, metric))
        except LimbeckError as error:
            notes.append(str(error))
    return compared, notes


def _opposite(group: Group, data: Data) -> Group:
    """The other arm's group of this benchmark: at this temperature, or the only one."""
    place = group.benchmark, group.temperature
    same = [each for each in groups(data) if (each.benchmark, each.temperature) == place]
    return same[0] if same else samples.find(data, group.benchmark)


def _apart(names: tuple[str, str], group: Group, other: Group) -> list[str]:
    """Which problems only one of the two has, and whether both have enough to say anything."""
    both = len(group.samples.keys() & other.samples.keys())
    alone = [(name, len(each.samples) - both) for name, each in zip(names, (group, other), strict=True)]
    told = [f"{count:,} only in {name}" for name, count in alone if count]
    common = f"{both:,} problems in common" if both else "no problem in common"
    where = f"{group.benchmark}: " if group.benchmark != "all" else ""
    notes = [where + ", ".join([common, *told])] if told else []
    few = f"{both} problems are too few for an interval to be trusted"
    return notes + ([few] if 0 < both < FEW else [])


def _contrast(names: tuple[str, str], group: Group, other: Group, metric: Metric) -> Comparison:
    enough = [with_enough(each, metric)[0] for each in (group, other)]
    both = [name for name in enough[0].samples if name in enough[1].samples]
    if not both:
        raise LimbeckError(f"no common problem of {group.benchmark} has the samples for {metric.label}")
    better, than = (_only(each, both) for each in enough)
    compared = compare([better], [than], names=names, metric=metric)
    same = group.temperature == other.temperature
    return compared if same else replace(compared, temperature=None)


def _only(group: Group, ids: Iterable[str]) -> Data:
    """Some of the problems, with their samples."""
    chosen = [group.problems[name] for name in ids]
    return Data(chosen, [trace for problem in chosen for trace in group.samples[problem.id]])
