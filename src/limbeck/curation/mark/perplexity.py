"""Traces, or texts that stand as questions, that a model finds odd, or too easy to be worth their place."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.drawing import Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Messages, Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked
from limbeck.records import Data, Problem, Trace
from limbeck.texts.templates import check_fields
from limbeck.texts.traces import full_text, known_format

MODEL_WANTS = ("score",)
ADDED = ("grain",)


def perplexity(
    data: Data,
    *,
    model: Model,
    most: float = 0.0,
    least: float = 0.0,
    grain: Literal["traces", "problems"] = "traces",
    score: str = "perplexity",
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Mark traces ``improbable`` or ``too_probable`` by a model's perplexity of their text behind the
    question.

    ``exp`` of the mean negative log-probability per token of ``model``. SERT keeps what its own writer
    finds acceptable (arXiv 2502.12744); STILL-2 ranks by it (2412.09413). Only traces without a mark are
    read, for reading costs: put cheaper filters before. One limit for all suits texts of one kind: code,
    tables and prose lose differently, and `curation/outliers` finds a limit for each from what is scored
    here.

    Args:
        most: highest perplexity; 0 for no limit.
        least: lowest; with neither limit texts are scored and none is marked.
        grain: ``problems`` reads documents (`problems/documents`), which stand where questions do, behind a
            template with nothing in it.
        score: the value is kept as ``scores["perplexity"]`` of a trace, or so in the ``meta`` of a problem.

    Raises:
        LimbeckError: limits that are no range, or a model that cannot score text.
    """
    _check(least, most, prompting)
    if grain == "problems":
        return Data(_questions(data.problems, model, least, most, score, prompting), data.traces, data.pairs)
    problems = {problem.id: problem for problem in data.problems if not problem.marks}
    asked_of = (trace for trace in data.kept() if trace.problem_id in problems)
    read = [trace for trace in asked_of if known_format(trace.format) and full_text(trace)]
    prompts = [prompting.messages(problems[trace.problem_id]) for trace in read]
    measured = _measured(model, prompts, [full_text(trace) for trace in read])
    values = {trace.id: value for trace, value in zip(read, measured, strict=True) if value is not None}
    if unread := len(data.kept()) - len(values):
        ctx.log(f"{unread:,} traces without a text that could be scored stay as they are")

    def looked(trace: Trace) -> Trace:
        value = values.get(trace.id)
        if value is None:
            return trace
        scored = replace(trace, scores={**trace.scores, score: value})
        return marked(scored, *_reasons(value, least, most))

    return Data(data.problems, [looked(trace) for trace in data.traces], data.pairs)


def _questions(
    problems: list[Problem], model: Model, least: float, most: float, score: str, prompting: Prompting
) -> list[Problem]:
    read = [problem for problem in problems if not problem.marks and problem.question]
    prompts = [prompting.messages(replace(problem, question="")) for problem in read]
    measured = _measured(model, prompts, [problem.question for problem in read])
    values = {problem.id: value for problem, value in zip(read, measured, strict=True)}

    def looked(problem: Problem) -> Problem:
        value = values.get(problem.id)
        if value is None:
            return problem
        return marked(replace(problem, meta={**problem.meta, score: value}), *_reasons(value, least, most))

    return [looked(problem) for problem in problems]


def _measured(model: Model, prompts: Sequence[Messages], texts: list[str]) -> list[float | None]:
    """The perplexity of each text; None where nothing of it could be scored."""
    # Beyond 700 a float overflows, and nobody's limit is higher.
    return [math.exp(min(700.0, -fmean(logps))) if logps else None for logps in model.score(prompts, texts)]


def _reasons(value: float, least: float, most: float) -> list[str]:
    return ["improbable"] * bool(most and value > most) + ["too_probable"] * (value < least)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    _check(given["least"], given["most"], Prompting.of(given))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: texts are scored, nothing is sampled."""
    return asked(0, None, 0)


def _check(least: float, most: float, prompting: Prompting) -> None:
    check_fields(prompting.template, ("question",), "curation/perplexity")
    if least < 0 or most < 0 or (most and most < least):
        raise LimbeckError(f"curation/perplexity: least={least:g}, most={most:g} is no range")
