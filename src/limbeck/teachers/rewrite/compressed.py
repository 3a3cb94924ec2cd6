"""Shorter versions of traces, in the manner of the student that is to learn them."""

from __future__ import annotations

import math
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.generation import Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Trace
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import in_context
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import format_named, full_text
from limbeck.types import PositiveShare, Settings

TEMPLATE = (
    "{question}\n\nA solution:\n\n{rationale}\n\nA student writes its own like this, right or wrong:\n\n"
    "{guide}\n\nRewrite the solution as that student would, in at most {length} characters: keep every step "
    "that is needed and the answer as it is written, leave out the rest. Reply with the solution alone."
)


class Compressing(Settings, frozen=True):
    """What the teacher is asked.

    Args:
        system: a system message in place of the problem's own; empty keeps that.
        template: the user's message, with ``{question}`` and ``{rationale}``; ``{guide}`` is the student's
            text of the same problem, ``{length}`` how many characters are wanted.
        ratio: length that is wanted as a share of the guide's or, where there is none, of the trace's own.
    """

    system: str = ""
    template: str = TEMPLATE
    ratio: PositiveShare = 0.5


def compressed(
    *data: Data,
    model: Model,
    drawing: Drawing = Drawing(temperature=0.0, top_p=1.0),
    format: str = "think",
    compressing: Compressing = Compressing(),
    ctx: Context,
) -> Data:
    """Have a teacher shorten each kept trace, guided by how the student itself writes (TwT, second stage).

    ArXiv 2503.24198, habitual reasoning distillation: the student of the full traces shows in what style and
    at what length it writes; the teacher rewrites its traces so, for the next stage of training.

    Args:
        data: the traces to shorten; further inputs hold the student's, of which a problem's first that ended
            by itself is its guide.

    Returns:
        The first input with a shorter trace ``ID/short`` for each kept one, which is marked ``full``. What is
        no shorter than its parent is marked ``not_shorter``. None is verified: what was left out may have
        carried the answer.

    Raises:
        LimbeckError: an unknown format, a template without ``{question}`` and ``{rationale}``, settings out
            of range, or every request failed.
    """
    first, sampling = data[0], drawing.sampling()
    _check(compressing, sampling)
    writer = Writer(model, format, sampling, first)
    problems, kept, guides = first.problem_by_id(), first.kept(), dict[str, str]()
    for trace in [trace for part in data[1:] for trace in part.traces]:
        if trace.finish == "stop":
            guides.setdefault(trace.problem_id, full_text(trace))
    prompts = []
    for trace in kept:
        problem = problems[trace.problem_id]
        text = _asked(problem, full_text(trace), guides.get(problem.id, ""), compressing)
        prompts.append(in_context(problem, text, compressing.system))
    made: dict[int, Trace] = {}
    with ctx.progress(len(kept)) as bar:
        for index, number, completion in model.stream(prompts, sampling):
            short = writer.trace(problems[kept[index].problem_id], number, completion)
            made[index] = _shorter(kept[index], short)
            bar.advance(note=writer.rate())
    writer.close(ctx)
    before = sum(len(full_text(trace)) for trace in kept)
    after = sum(len(full_text(trace)) for trace in made.values())
    ctx.log(f"{len(made):,} traces rewritten, {before:,} characters to {after:,}; verify them before use")
    marked = {trace.id for trace in kept}
    traces = [replace(each, marks=["full"]) if each.id in marked else each for each in first.traces]
    return Data(first.problems, [*traces, *(made[index] for index in sorted(made))], first.pairs)


def _asked(problem: Problem, rationale: str, guide: str, compressing: Compressing) -> str:
    length = math.ceil(compressing.ratio * len(guide or rationale))
    parts = {"question": problem.question, "rationale": rationale, "guide": guide, "length": str(length)}
    return fill(compressing.template, **parts)


def _shorter(parent: Trace, short: Trace) -> Trace:
    """The rewritten trace under its parent's name; marked where it is no shorter."""
    longer = len(full_text(short)) >= len(full_text(parent))
    marks = [*short.marks, "not_shorter"] if longer and not short.marks else short.marks
    return replace(short, id=f"{parent.id}/short", parents=[parent.id], marks=marks)


def _check(compressing: Compressing, sampling: Sampling) -> None:
    check_fields(compressing.template, ("question", "rationale"), "teachers/compressed")
    check(Prompting(), sampling)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(Compressing.of(given), Drawing.of(given).sampling())
    format_named(given["format"], "a teacher's format")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most one request for each trace that comes in, the guides among them."""
    traces = counts.get("traces", 0)
    guide = counts.get("trace_tokens") or 0.0
    each = prompt(counts, params["template"], params["system"], trace=True, more=guide)
    return {"traces": 2 * traces, **asked(traces, each, params["max_tokens"])}
