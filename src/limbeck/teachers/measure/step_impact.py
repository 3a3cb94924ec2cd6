"""How much each step helps to predict the answer."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Prompting
from limbeck.generation import Messages, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked
from limbeck.records import Data, Problem, Trace
from limbeck.teachers.ops import check
from limbeck.texts.steps import Cutting, ends
from limbeck.texts.traces import joined_text


def step_impact(
    data: Data,
    *,
    model: Model,
    cutting: Cutting = Cutting(),
    score: str = "impact",
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

    Returns:
        The data. Traces without reasoning or answer, and those of marked problems, have no such scores.

    Raises:
        LimbeckError: a template without ``{question}``, an unknown format, a separator that is no regular
            expression, or a model that cannot score text.
    """
    check(prompting, Sampling())
    problems = {problem.id: problem for problem in data.problems if not problem.marks}
    usable = [t for t in data.traces if t.reasoning and t.answer and t.problem_id in problems]
    prompts: list[Messages] = []
    answers: list[str] = []
    counts = []
    for trace in usable:
        problem, reasonings = problems[trace.problem_id], _without(trace, cutting)
        asked = [_asked(problem, trace, reasoning, prompting) for reasoning in reasonings]
        counts.append(len(asked))
        prompts += [messages for messages, _ in asked]
        answers += [answer for _, answer in asked]
    means = iter([fmean(logps) if logps else 0.0 for logps in model.score(prompts, answers)])
    impacts = {}
    for trace, count in zip(usable, counts, strict=True):
        whole, *without = [next(means) for _ in range(count)]
        impacts[trace.id] = {f"{score}/{step}": whole - left for step, left in enumerate(without)}
    ctx.log(f"{len(prompts):,} answers scored for {len(usable):,} traces")
    traces = [replace(t, scores={**t.scores, **impacts[t.id]}) if t.id in impacts else t for t in data.traces]
    return Data(data.problems, traces, data.pairs)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: answers are scored, nothing is sampled."""
    return asked(0, None, 0)


def _without(trace: Trace, cutting: Cutting) -> list[str]:
    """The reasoning whole, and without each step."""
    cuts = ends(trace.reasoning, cutting)
    begins = [0, *cuts[:-1]]
    return [
        trace.reasoning,
        *(trace.reasoning[:a] + trace.reasoning[b:] for a, b in zip(begins, cuts, strict=True)),
    ]


def _asked(problem: Problem, trace: Trace, reasoning: str, prompting: Prompting) -> tuple[Messages, str]:
    """What comes before the answer, and the answer."""
    text = joined_text(reasoning, trace.answer, trace.format, f"trace {trace.id}")
    return prompting.messages(problem, text.removesuffix(trace.answer)), trace.answer
