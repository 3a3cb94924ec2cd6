"""Traces with the steps put in that a bridge finds missing."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked, normalise
from limbeck.drawing import Drawing, Prompting
from limbeck.generation import Completion, Messages, Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, prompt
from limbeck.pipeline.estimates import asked as requests
from limbeck.records import Data, Problem, Trace
from limbeck.teachers.ops import Writer, check
from limbeck.texts.leaps import Leap, LeapForm, body_of, inserted, read, steps_in
from limbeck.texts.messages import in_context
from limbeck.texts.steps import Cutting, ends
from limbeck.texts.tags import behind_thought

WHERE = "teachers/bridged"
SUFFIX, GAPS = "/bridged", "gaps"


def bridged(
    data: Data,
    *,
    model: Model,
    form: LeapForm = LeapForm(),
    cutting: Cutting = Cutting(by="paragraphs"),
    drawing: Drawing = Drawing(temperature=0.0, top_p=1.0, max_tokens=4096),
    ctx: Context,
) -> Data:
    """Have a bridge find the steps that each kept trace leaps over, and put them in (CoT-Bridge).

    ArXiv 2505.14684. A bridge is a model trained on `curation/leap_tasks`, or any that follows the template.
    Steps that repeat one that is there, and thus a final answer, are left out.

    Args:
        model: the bridge.
        form, cutting: the same as it was trained with.

    Returns:
        The data with ``ID/bridged`` for each kept trace that a step was put into, whose source is marked
        ``gaps``; ``params["inserted"]`` lists the places of these steps in its reasoning (its answer, where
        it has no reasoning), in characters. None is verified: a verifier behind this stage says whose answer
        still stands. A trace with nothing missing stays as it is, as does one whose request failed or was
        cut off; how many of each is told.

    Raises:
        LimbeckError: a template without its fields, settings out of range, or every request failed.
    """
    form.check(WHERE)
    sampling = drawing.sampling()
    check(Prompting(), sampling)
    writer = Writer(model, "plain", sampling, data)  # counts; what it would make of a reply is not wanted
    problems = data.problem_by_id()
    usable = [trace for trace in data.kept() if trace.problem_id in problems]
    steps = [steps_in(body_of(trace), cutting) for trace in usable]
    asked = zip((problems[trace.problem_id] for trace in usable), steps, strict=True)
    prompts = [_chat(problem, texts, form) for problem, texts in asked]
    made: dict[int, Trace] = {}
    unread = put = 0
    with ctx.progress(len(usable)) as bar:
        for index, _, reply in model.stream(prompts, sampling):
            writer.count(reply)
            bar.advance(note=writer.rate())
            unread += reply.finish not in ("stop", "unknown")
            leaps = _told(reply, steps[index], form)
            if leaps:
                put += len(leaps)
                made[index] = _bridged(usable[index], steps[index], leaps, writer)
    writer.close(ctx)
    ctx.log(
        f"{put:,} steps put into {len(made):,} of {len(usable):,} traces, verify these before use; "
        f"{unread:,} replies failed or were cut off"
    )
    sources = {usable[index].id for index in made}
    traces = [marked(trace, GAPS) if trace.id in sources else trace for trace in data.traces]
    return Data(data.problems, [*traces, *(made[index] for index in sorted(made))], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    LeapForm.of(given).check(WHERE)
    ends("", Cutting.of(given))
    check(Prompting(), Drawing.of(given).sampling())


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: one request for each trace."""
    traces = counts.get("traces", 0)
    each = prompt(counts, params["template"], trace=True)
    return {"traces": 2 * traces, **requests(traces, each, params["max_tokens"])}


def _chat(problem: Problem, steps: list[str], form: LeapForm) -> Messages:
    return in_context(problem, form.shown(problem.question, [text.strip() for text in steps]))


def _told(reply: Completion, steps: list[str], form: LeapForm) -> list[Leap]:
    """The steps that a reply puts in and that are not there yet, each once; none of a reply that failed or
    was cut off."""
    if reply.finish not in ("stop", "unknown"):
        return []
    _, spoken, _ = behind_thought(reply.text)
    there = {normalise(text) for text in steps}
    new = []
    for leap in read(spoken, len(steps), form.missing):
        if normalise(leap.text) not in there:
            there.add(normalise(leap.text))
            new.append(leap)
    return new


def _bridged(trace: Trace, steps: list[str], leaps: list[Leap], writer: Writer) -> Trace:
    body, places = inserted(steps, leaps)
    part = {"reasoning": body} if trace.reasoning else {"answer": body}
    params = {**trace.params, "inserted": [list(place) for place in places], "bridge": writer.model.name}
    name = writer.free(trace.id + SUFFIX)
    fresh = replace(trace, id=name, params=params, tokens=None, verdicts=[], scores={}, weights=[])
    return replace(fresh, parents=[trace.id], **part)
