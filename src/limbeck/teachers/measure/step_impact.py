"""How much each step helps to predict the answer."""

from __future__ import annotations

import itertools
from statistics import fmean
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Prompting
from limbeck.generation import Messages, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked
from limbeck.records import Data, Problem, Trace
from limbeck.teachers.ops import check
from limbeck.texts.parts import check_kinds, parts_of
from limbeck.texts.steps import Cutting, ends
from limbeck.texts.traces import joined_text

ADDED = ("kinds",)


def step_impact(
    data: Data,
    *,
    model: Model,
    cutting: Cutting = Cutting(),
    score: str = "impact",
    kinds: tuple[str, ...] = (),
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Score each step by what the answer loses without it: mean log-probability with all steps, less that
    without it.

    Nats per token of the answer, the logarithm of a ratio of perplexities; above 0 the step helps, near 0 it
    could go (SPIRIT, arXiv 2502.13260, removes the steps with the least). One question per step and one per
    trace.

    Args:
        score: steps have ``scores["impact/0"]``, …
        kinds: score only steps that `curation/segmented` gave one of these kinds, in its cutting; empty
            scores all, in the cutting given here.

    Returns:
        The data. Traces without reasoning or answer, and those of marked problems, have no such scores.

    Raises:
        LimbeckError: an unknown kind, a template without ``{question}``, an unknown format, a separator that
            is no regular expression, or a model that cannot score text.
    """
    check(prompting, Sampling())
    check_kinds(kinds, "teachers/step_impact")
    problems = {problem.id: problem for problem in data.problems if not problem.marks}
    usable = [t for t in data.traces if t.reasoning and t.answer and t.problem_id in problems]
    prompts: list[Messages] = []
    answers: list[str] = []
    steps = []
    for trace in usable:
        problem, spans = problems[trace.problem_id], _spans(trace, cutting, kinds)
        less = [trace.reasoning[:begin] + trace.reasoning[end:] for begin, end in spans.values()]
        asked = [_asked(problem, trace, reasoning, prompting) for reasoning in [trace.reasoning, *less]]
        steps.append(list(spans))
        prompts += [messages for messages, _ in asked]
        answers += [answer for _, answer in asked]
    means = iter([fmean(logps) if logps else 0.0 for logps in model.score(prompts, answers)])
    impacts = {}
    for trace, numbers in zip(usable, steps, strict=True):
        whole = next(means)
        impacts[trace.id] = {f"{score}/{step}": whole - next(means) for step in numbers}
    ctx.log(f"{len(prompts):,} answers scored for {len(usable):,} traces")
    traces = [replace(t, scores={**t.scores, **impacts[t.id]}) if t.id in impacts else t for t in data.traces]
    return Data(data.problems, traces, data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    check_kinds(given["kinds"], "teachers/step_impact")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: answers are scored, nothing is sampled."""
    return asked(0, None, 0)


def _spans(trace: Trace, cutting: Cutting, kinds: tuple[str, ...]) -> dict[int, tuple[int, int]]:
    """Where each step that is scored begins and ends in the reasoning, by its number."""
    parts = parts_of(trace)
    cuts = [part.end for part in parts] if kinds else ends(trace.reasoning, cutting)
    spans = enumerate(itertools.pairwise([0, *cuts]))
    return {step: span for step, span in spans if not kinds or parts[step].kind in kinds}


def _asked(problem: Problem, trace: Trace, reasoning: str, prompting: Prompting) -> tuple[Messages, str]:
    """What comes before the answer, and the answer."""
    text = joined_text(reasoning, trace.answer, trace.format, f"trace {trace.id}")
    return prompting.messages(problem, text.removesuffix(trace.answer)), trace.answer
