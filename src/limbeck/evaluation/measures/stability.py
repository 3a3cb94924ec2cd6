"""How far a score moves though the model does not: one factor at a time, held against a control."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import convert, to_builtins
from msgspec.structs import replace

from limbeck.answers.options import options, reordered
from limbeck.drawing import Prompting
from limbeck.errors import LimbeckError, unknown
from limbeck.evaluation import ops
from limbeck.evaluation.samples import like
from limbeck.evaluation.sampling import Draws, in_order, report_failures, sampled, verified
from limbeck.generation import Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Result, Results, Trace
from limbeck.teachers.ops import Writer
from limbeck.texts.traces import format_named
from limbeck.types import Verifier

DRAWN = ("seed", "n", "temperature", "top_p", "max_tokens")
PUT = ("template", "system")
SHOWN = ("place", "order")
"""Factors that change how options are shown: where the right one stands (0 is first), the seed of their
order."""
FACTORS = (*DRAWN, *PUT, *SHOWN)


def stability(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    draws: Draws = Draws(),
    format: str = "think",
    prompting: Prompting = Prompting(),
    factors: dict[str, list[Any]] = {"seed": [1, 2, 3]},  # noqa: B006 read as configuration, never changed
    benchmark: str = "",
    ctx: Context,
) -> Results:
    """Score a control run and runs that differ from it in one setting each; tell how far each lies from it.

    The stage's own settings are the control (at its first temperature). ``seed`` repeats it: what moves there
    is the noise floor. ``place`` and ``order`` change where options of multiple choice stand. Precision and
    batch are settings of a model: give the same model twice, ``of: [a, b]`` (arXiv 2506.04734).

    Args:
        factors: by setting, its other values: ``seed``, ``n``, ``temperature``, ``top_p``, ``max_tokens``,
            ``template``, ``system``, ``place``, ``order``.

    Returns:
        ``pass@1`` of the control and of every value, and its ``shift``: how far it lies from the control,
        with the interval of the paired difference and ``p`` adjusted for their number (Holm). All samples;
        those of a value with ``scores["shift"]``, whose mean over problems is the shift, for claims.

    Raises:
        LimbeckError: an unknown factor, no problem, options where there are none, or every request failed.
    """
    for name in factors:
        if name not in FACTORS:
            raise unknown("factor", name, FACTORS, "stability")
    format_named(format, "stability")
    problems = [problem for problem in data.problems if not problem.marks]
    if not problems:
        raise LimbeckError(f"nothing to evaluate: none of {len(data.problems)} problems is free of marks")
    varied = [(name, value) for name, given in factors.items() for value in given]
    planned = [("control", "", None), *((f"{name}={_word(value)}", name, value) for name, value in varied)]
    # What cannot be shown costs no sample.
    shown = {label: [_shown(each, name, value) for each in problems] for label, name, value in planned}
    control = {**to_builtins(draws), **to_builtins(prompting)}
    runs: dict[str, list[Trace]] = {}
    with ctx.progress(None) as bar:
        for label, name, value in planned:
            changed = {**control, name: [value] if name == "temperature" else value} if name else control
            asking = convert({key: changed[key] for key in PUT}, Prompting)
            sampling = convert({key: changed[key] for key in to_builtins(draws)}, Draws).samplings()[0]
            writer = Writer(model, format, sampling, Data())
            stream = model.stream([asking.messages(problem) for problem in shown[label]], sampling)
            drawn = sampled(stream, shown[label], writer, benchmark)
            made = in_order(verified(drawn, verifier, bar), shown[label])
            runs[label] = [_named(trace, label, control, sampling) for trace in made]
    report_failures([trace for traces in runs.values() for trace in traces], ctx)
    results = _rows(runs, like(model.name, [draws.seed], n=draws.n), ctx)
    return Results(results, Data(problems, [trace for traces in runs.values() for trace in traces]))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """The control's samples once more for each value of a factor, of as many or as it says."""
    control = {"n": params["n"], "temperature": params["temperature"][0], "max_tokens": params["max_tokens"]}
    varied = [{name: value} for name, given in params["factors"].items() for value in given]
    runs = [{**control, **each} for each in ({}, *varied)]
    samples = sum(each["n"] if each["temperature"] > 0 else 1 for each in runs)
    shown = prompt(counts, params["template"], params["system"])
    return asked(counts["problems"] * samples, shown, max(each["max_tokens"] for each in runs))


def _word(value: Any) -> str:
    text = str(value).replace("\n", "⏎")
    return text if len(text) <= 40 else f"{text[:37]}…"


def _shown(problem: Problem, factor: str, value: Any) -> Problem:
    """The problem with its options as the factor wants them."""
    if factor not in SHOWN:
        return problem
    letters, right = list(options(problem)), (problem.answer or "").strip("() .")
    if right not in letters:
        raise LimbeckError(f"stability: {factor} needs options and the right letter; {problem.id!r} has none")
    if factor == "order":
        order = random.Random(f"{value}/{problem.id}").sample(letters, len(letters))
    elif not 0 <= value < len(letters):
        raise LimbeckError(f"stability: place={value}; {problem.id!r} has {len(letters)} options")
    else:
        order = [letter for letter in letters if letter != right]
        order.insert(value, right)
    try:
        return reordered(problem, order)
    except ValueError as error:
        raise LimbeckError(f"stability: {factor}: problem {problem.id!r}: {error}") from None


def _named(trace: Trace, label: str, control: Mapping[str, Any], sampling: Sampling) -> Trace:
    """A sample that says which run it is of, at the control's temperature so that all are of one group."""
    drawn_at = {"drawn_at": sampling.temperature, "temperature": control["temperature"][0]}
    return replace(trace, id=f"{trace.id}-{label}", params={**trace.params, **drawn_at, "run": label})


def _rates(traces: list[Trace]) -> dict[str, float]:
    right: dict[str, list[bool]] = {}
    for trace in traces:
        if trace.finish != "error":
            right.setdefault(trace.problem_id, []).append(trace.outcome == "correct")
    return {name: float(np.mean(each)) for name, each in right.items()}


def _rows(runs: dict[str, list[Trace]], common: Result, ctx: Context) -> list[Result]:
    """Rows of all runs, and the shift noted in their samples."""
    rates = {label: _rates(traces) for label, traces in runs.items()}
    control, made, tested = rates["control"], list[Result](), list[tuple[str, ops.Array, float]]()
    for label, traces in runs.items():
        rate_P = np.array(list(rates[label].values()))
        row = replace(common, benchmark=str(traces[0].params["benchmark"]), unit="share", n=len(rate_P))
        row = replace(row, samples=len(traces), setting={**common.setting, "run": label})
        low, high, how = ops.interval(rate_P)
        named = {"metric": "pass@1", "value": float(rate_P.mean()), "low": low, "high": high, "interval": how}
        made.append(replace(row, **named))
        if label == "control":
            continue
        both = [name for name in rates[label] if name in control]
        diff_P = np.array([rates[label][name] - control[name] for name in both])
        sign = -1.0 if diff_P.mean() < 0 else 1.0
        for trace in traces:
            if trace.problem_id in control:
                moved = sign * ((trace.outcome == "correct") - control[trace.problem_id])
                trace.scores = {**trace.scores, "shift": float(moved)}
        means = ops.bootstrap_two_way(sign * diff_P)
        low, high = (float(each) for each in np.quantile(means, [0.025, 0.975]))
        named = {"metric": "shift", "value": abs(float(diff_P.mean())), "low": low, "high": high}
        made.append(replace(row, **named, n=len(both), interval="bootstrap over problems, paired"))
        tested.append((label, diff_P, ops.two_sided_p(means)))
    _rank(tested, made, ctx)
    return made


def _rank(tested: list[tuple[str, ops.Array, float]], made: list[Result], ctx: Context) -> None:
    """Write adjusted p-values into the rows and the ranking into the notes."""
    adjusted = ops.holm([p for _, _, p in tested])
    by_run = {label: p for (label, _, _), p in zip(tested, adjusted, strict=True)}
    for row in made:
        if row.metric == "shift":
            row.setting = {**row.setting, "p (Holm)": round(by_run[row.setting["run"]], 4)}
    repeats = [abs(float(diff_P.mean())) for label, diff_P, _ in tested if label.startswith("seed=")]
    if repeats:
        ctx.log(f"noise floor, the largest shift of a repeated control: {100 * max(repeats):.1f} points")
    for label, diff_P, _ in sorted(tested, key=lambda each: -abs(float(each[1].mean()))):
        ctx.log(f"{label}: {100 * float(diff_P.mean()):+.1f} points, p (Holm) {by_run[label]:.3f}")
