"""What each step is worth: how often the model succeeds from its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.generation import Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import STEPS, Counts
from limbeck.records import Data, Trace
from limbeck.teachers._steps import JUDGED, Place, Prober
from limbeck.texts.steps import Cutting, steps_of
from limbeck.types import Settings, Verifier
from limbeck.verifiers.ops import judge


class Probing(Settings, frozen=True):
    """Which steps are gone on from, and how often.

    Args:
        n: continuations per step; the standard error of a value v is sqrt(v (1 - v) / n).
        search: ``every`` step, or a binary search for the ``first_dead`` one, after which no continuation
            succeeds (OmegaPRM, arXiv 2406.06592, section 3.2): a wrong trace of s steps then takes about
            log2(s) places, and only the steps looked at have values. A correct trace is not searched.
        start: also the value before the first step, ``scores["value/start"]``, once per problem; not searched
            for.
    """

    n: int = 8
    search: Literal["every", "first_dead"] = "every"
    start: bool = True


def step_values(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    probing: Probing = Probing(),
    cutting: Cutting = Cutting(),
    score: str = "value",
    drawing: Drawing = Drawing(temperature=0.7, top_p=1.0, max_tokens=2048),
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Monte-Carlo value of each step: from its end the model goes on ``n`` times, the value is the share that
    succeeds.

    Values are ``scores["value/0"]``, ``["value/1"]``, … (Math-Shepherd, arXiv 2312.08935, section 3.3). A
    trace with an answer ends where nothing can be gone on with: its last value is the verifier's word on the
    trace itself. A prefix that several traces share is asked once. A continuation that is cut off has not
    succeeded; one that the verifier cannot judge does not count, and a step of which none was judged has no
    value. Marked traces are valued too; traces of a marked problem are not.

    Args:
        score: the name that values go by.

    Returns:
        The data; the note says how many continuations and tokens it took.

    Raises:
        LimbeckError: a setting out of range, an unknown format, or no continuation could be judged.
    """
    prober = Prober(model, verifier, drawing.sampling(probing.n), prompting, data)
    usable = {problem.id for problem in data.problems if not problem.marks}
    cut = {trace.id: steps_of(trace, cutting) for trace in data.traces if trace.problem_id in usable}
    traces = [trace for trace in data.traces if cut.get(trace.id, ("", []))[1]]
    whole = _own(verifier, prober, traces)
    if probing.search == "every":
        values = _every(prober, traces, cut, whole, probing.start)
    else:
        values = _first_dead(prober, traces, cut, whole)
    prober.close(ctx)

    def scored(trace: Trace) -> Trace:
        known = {step: value for step, value in values.get(trace.id, {}).items() if value is not None}
        scores = {f"{score}/{step}": value for step, value in known.items()}
        return replace(trace, scores={**trace.scores, **scores}) if scores else trace

    return Data(data.problems, [scored(trace) for trace in data.traces], data.pairs)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: ``n`` continuations of each place, of which every step is one."""
    return {"unknown": STEPS}


Cut = Mapping[str, tuple[str, list[int]]]
Values = dict[str, dict[Any, float | None]]


def _own(verifier: Verifier, prober: Prober, traces: list[Trace]) -> dict[str, float | None]:
    """The value of whole traces, of those that have an answer."""
    whole = [(trace, prober.problems[trace.problem_id], trace) for trace in traces if trace.answer]
    return {trace.id: JUDGED.get(verdict.outcome) for trace, verdict in judge(verifier, whole)}


def _place(trace: Trace, cut: Cut, step: int) -> Place:
    text, ends = cut[trace.id]
    return Place(trace.problem_id, text[: ends[step]], trace.format)


def _every(
    prober: Prober, traces: list[Trace], cut: Cut, whole: dict[str, float | None], start: bool
) -> Values:
    places: dict[str, dict[Any, Place]] = {}
    for trace in traces:
        last = len(cut[trace.id][1]) - (trace.id in whole)
        places[trace.id] = {step: _place(trace, cut, step) for step in range(last)}
        if start:
            places[trace.id]["start"] = Place(trace.problem_id, "", trace.format)
    prober.ask(place for steps_ in places.values() for place in steps_.values())
    values: Values = {}
    for trace in traces:
        values[trace.id] = {step: prober.known[place] for step, place in places[trace.id].items()}
        if trace.id in whole:
            values[trace.id][len(cut[trace.id][1]) - 1] = whole[trace.id]
    return values


def _first_dead(prober: Prober, traces: list[Trace], cut: Cut, whole: dict[str, float | None]) -> Values:
    """Halve what lies between the last living and the first dead step, all traces together."""
    values: Values = {trace.id: {} for trace in traces}
    between: dict[str, tuple[int, int]] = {}
    for trace in traces:
        last = len(cut[trace.id][1]) - 1
        if trace.id in whole:
            values[trace.id][last] = whole[trace.id]
            if whole[trace.id] == 0:
                between[trace.id] = (-1, last)
        else:
            between[trace.id] = (-1, last + 1)
    by_id = {trace.id: trace for trace in traces}
    while open_ := {name: (low + high) // 2 for name, (low, high) in between.items() if high - low > 1}:
        places = {name: _place(by_id[name], cut, middle) for name, middle in open_.items()}
        prober.ask(places.values())
        for name, middle in open_.items():
            value = values[name][middle] = prober.known[places[name]]
            low, high = between[name]
            if value is None:
                # Nobody can say on which side the first dead step lies.
                del between[name]
            else:
                between[name] = (low, middle) if value == 0 else (middle, high)
    return values
