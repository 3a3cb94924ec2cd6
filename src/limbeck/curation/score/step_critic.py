"""Each step judged by a model, by one criterion."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import Any, Literal

from msgspec.structs import replace

from limbeck.curation.ops import replies
from limbeck.drawing import Drawing
from limbeck.generation import Model
from limbeck.judging import criteria
from limbeck.judging.weighing import reader
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import STEPS, Counts
from limbeck.records import Data, Trace
from limbeck.texts.steps import Cutting, ends
from limbeck.types import Count


def step_critic(
    data: Data,
    *,
    model: Model,
    check: Literal["grounded", "valid", "coherent", "useful"] = "valid",
    votes: Count = 1,
    name: str = "fault",
    cutting: Cutting = Cutting(by="lines"),
    drawing: Drawing = Drawing(temperature=0.7, top_p=1.0, max_tokens=1024),
    ctx: Context,
) -> Data:
    """Ask a model of every step of each kept trace whether a criterion holds of it (arXiv 2502.12289).

    The model sees the whole solution, and is asked about one step, by one of `limbeck.judging.criteria`.

    Args:
        check: the criterion.
        votes: replies per step.
        name: what the scores are called before ``/0``, ``/1``, ….

    Returns:
        The data with ``scores["fault/0"]`` …, the share of readable votes that say the criterion does not
        hold; one half where none can be read, and how many steps that are is told.

    Raises:
        LimbeckError: every request failed.
    """
    problems = data.problem_by_id()
    chats, places = [], list[tuple[str, int]]()
    for trace in data.kept():
        if trace.problem_id in problems:
            steps = _steps(trace, cutting)
            question = problems[trace.problem_id].question
            chats += [criteria.asked(check, question, steps, at, trace.answer) for at in range(len(steps))]
            places += [(trace.id, at) for at in range(len(steps))]
    reads = reader(criteria.WORDS, plain=False)
    told: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for index, _, reply in replies(model, chats, drawing.sampling(votes), ctx):
        verdict = reads.read(reply).verdict
        if verdict is not None:
            told[places[index]].append(verdict)
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    for trace_id, at in places:
        heard = told[trace_id, at]
        scores[trace_id][f"{name}/{at}"] = heard.count(False) / len(heard) if heard else 0.5
    if lost := sum(not told[place] for place in places):
        ctx.log(f"{lost:,} of {len(places):,} steps have no vote that can be read")
    traces = [replace(trace, scores={**trace.scores, **scores[trace.id]}) for trace in data.traces]
    return Data(data.problems, traces, data.pairs)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: ``votes`` questions for each step."""
    return {"unknown": STEPS}


def _steps(trace: Trace, cutting: Cutting) -> list[str]:
    body = trace.reasoning or trace.answer
    return [body[begin:end] for begin, end in itertools.pairwise([0, *ends(body, cutting)])]
