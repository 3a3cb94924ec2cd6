"""Translations scored by the errors that a judge marks in them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked, replies
from limbeck.drawing import Drawing
from limbeck.generation import Completion, Model
from limbeck.judging import spans
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Trace

MARK = "unscored"


def error_spans(
    data: Data,
    *,
    model: Model,
    name: str = "mqm",
    template: str = "",
    drawing: Drawing = Drawing(temperature=0.0, top_p=1.0, max_tokens=8192),
    ctx: Context,
) -> Data:
    """Have the errors of each kept trace's answer marked, critical, major or minor, and count what they cost.

    GEMBA-MQM's prompting (arXiv 2310.13988) as arXiv 2504.08120 uses it with reasoning models: 25 points for
    a critical error, 5 for a major one, 1 for a minor one, 25 at most.

    Args:
        name: what the score is called.
        template: with ``{question}``, the source, and ``{trace}``, the translation; ``{fence}`` may stand in
            it; empty takes the house's.

    Returns:
        The data; ``scores["mqm"]`` is 0 for no error and falls with each, ``scores["mqm/errors"]`` counts
        them, ``scores["mqm/tokens"]`` what the judge wrote. A trace whose reply names no errors in the form
        asked for is marked ``unscored``; how many are is told.

    Raises:
        LimbeckError: a template without its fields, or every request failed.
    """
    spans.check_template(template, "curation/error_spans")
    problems = data.problem_by_id()
    traces = [trace for trace in data.kept() if trace.problem_id in problems]
    chats = [spans.asked(problems[trace.problem_id], trace, template) for trace in traces]
    done = {}
    for index, _, reply in replies(model, chats, drawing.sampling(), ctx):
        done[traces[index].id] = _scored(traces[index], reply, name)
    if lost := sum(MARK in trace.marks for trace in done.values()):
        ctx.log(f"{lost:,} of {len(traces):,} replies name no errors in the form asked for: {MARK}")
    return Data(data.problems, [done.get(trace.id, trace) for trace in data.traces], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    spans.check_template(given["template"], "curation/error_spans")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: one request for each trace."""
    each = prompt(counts, params["template"] or spans.TEMPLATE, trace=True)
    return asked(counts["traces"], each, params["max_tokens"])


def _scored(trace: Trace, reply: Completion, name: str) -> Trace:
    read = spans.read(reply)
    tokens = {} if reply.tokens is None else {f"{name}/tokens": float(reply.tokens)}
    if read is None:
        return marked(replace(trace, scores={**trace.scores, **tokens}), MARK)
    told = {name: spans.score(read), f"{name}/errors": float(len(read)), **tokens}
    return replace(trace, scores={**trace.scores, **told})
