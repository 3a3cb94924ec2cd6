"""Traces that a model finds odd, or too easy to be worth their place."""

from __future__ import annotations

import math
from statistics import fmean
from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.drawing import Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked
from limbeck.records import Data, Trace
from limbeck.texts.templates import check_fields
from limbeck.texts.traces import full_text, known_format

MODEL_WANTS = ("score",)


def perplexity(
    data: Data,
    *,
    model: Model,
    most: float = 0.0,
    least: float = 0.0,
    score: str = "perplexity",
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Mark traces ``improbable`` or ``too_probable`` by a model's perplexity of their text behind the
    question.

    ``exp`` of the mean negative log-probability per token of ``model``. SERT keeps what its own writer finds
    acceptable (arXiv 2502.12744); STILL-2 ranks by it (2412.09413). Only traces without a mark are
    read, for reading costs: put cheaper filters before.

    Args:
        most: highest perplexity; 0 for no limit.
        least: lowest; with neither limit traces are scored and none is marked.
        score: the value is kept as ``scores["perplexity"]``.

    Raises:
        LimbeckError: limits that are no range, or a model that cannot score text.
    """
    _check(least, most, prompting)
    problems = {problem.id: problem for problem in data.problems if not problem.marks}
    asked_of = (trace for trace in data.kept() if trace.problem_id in problems)
    read = [trace for trace in asked_of if known_format(trace.format) and full_text(trace)]
    prompts = [prompting.messages(problems[trace.problem_id]) for trace in read]
    values: dict[str, float] = {}
    for trace, logps in zip(read, model.score(prompts, [full_text(trace) for trace in read]), strict=True):
        if logps:
            # Beyond it a float overflows, and nobody's limit is higher.
            values[trace.id] = math.exp(min(700.0, -fmean(logps)))
    if unread := len(data.kept()) - len(values):
        ctx.log(f"{unread:,} traces without a text that could be scored stay as they are")

    def looked(trace: Trace) -> Trace:
        value = values.get(trace.id)
        if value is None:
            return trace
        reasons = ["improbable"] * bool(most and value > most) + ["too_probable"] * (value < least)
        return marked(replace(trace, scores={**trace.scores, score: value}), *reasons)

    return Data(data.problems, [looked(trace) for trace in data.traces], data.pairs)


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
