"""How traces reason: the strategies of their steps, in order."""

from __future__ import annotations

from collections import Counter
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.generation import Completion, Messages, Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Trace
from limbeck.teachers._flows import lines
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import in_context
from limbeck.texts.steps import Cutting, steps_of
from limbeck.texts.templates import check_fields, fill

TEMPLATE = (
    "A question:\n{question}\n\nHow somebody reasoned about it, in {count} steps:\n{steps}\n\n"
    "What strategy does each step follow? Write one line a step, in order: a few words that would fit other "
    "questions too, such as restating the question, decomposing it, trying a case, checking a result, going "
    "back. No numbers of this question, and nothing but the {count} lines."
)


def flows(
    data: Data,
    *,
    model: Model,
    template: str = TEMPLATE,
    cutting: Cutting = Cutting(),
    drawing: Drawing = Drawing(temperature=0.0, top_p=1.0, max_tokens=1024),
    ctx: Context,
) -> Data:
    """Extract the reasoning flow of each correct trace: seeds for `teachers/along_flow`.

    Long CoT Collection, arXiv 2506.02338: a flow is the ordered list of a trace's strategies, its length the
    thought budget.

    Args:
        data: traces that are called correct, or that nobody has judged, without a mark.
        template: of the question to the model, with ``{question}``, ``{steps}`` and ``{count}``.
        cutting: what a step is.

    Returns:
        The data; traces have ``params["flow"]``, a strategy a step. Why others have none is noted.

    Raises:
        LimbeckError: a template without a field, a setting out of range, or every request failed.
    """
    sampling = drawing.sampling()
    check(Prompting(), sampling)
    check_fields(template, ("question", "steps"), "teachers/flows")
    problems, left = data.problem_by_id(), Counter[str]()
    chosen: list[tuple[Trace, list[str]]] = []
    for trace in data.traces:
        problem = problems.get(trace.problem_id)
        steps = _steps(trace, cutting)
        if trace.marks or problem is None or problem.marks or trace.outcome not in ("correct", "unknown"):
            left["marked or not correct"] += 1
        elif not steps:
            left["without steps"] += 1
        else:
            chosen.append((trace, steps))
    prompts = [_prompt(template, problems[trace.problem_id], steps) for trace, steps in chosen]
    writer = Writer(model, "plain", sampling, Data())
    known: dict[str, list[str]] = {}
    with ctx.progress(len(chosen)) as bar:
        for index, _, completion in model.stream(prompts, sampling):
            trace = chosen[index][0]
            writer.trace(problems[trace.problem_id], 0, completion)
            known[trace.id] = _read(completion)
            bar.advance()
    writer.close(ctx)
    left["without a flow in the reply"] += sum(not flow for flow in known.values())
    told = ", ".join(f"{count:,} {reason}" for reason, count in left.items() if count)
    ctx.log(f"{sum(map(bool, known.values())):,} flows{f'; {told}' * bool(told)}")
    return Data(data.problems, [_with(trace, known.get(trace.id)) for trace in data.traces], data.pairs)


def _steps(trace: Trace, cutting: Cutting) -> list[str]:
    text, ends = steps_of(trace, cutting)
    return [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]


def _prompt(template: str, problem: Problem, steps: list[str]) -> Messages:
    numbered = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
    asked = fill(template, question=problem.question, steps=numbered, count=str(len(steps)))
    return in_context(problem, asked)


def _read(completion: Completion) -> list[str]:
    # A list that was cut off is no flow.
    return lines(completion.text) if completion.finish == "stop" else []


def _with(trace: Trace, flow: list[str] | None) -> Trace:
    return replace(trace, params={**trace.params, "flow": flow}) if flow else trace


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    check(Prompting(), Drawing.of(given).sampling())
    check_fields(given["template"], ("question", "steps"), "teachers/flows")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: one question a trace."""
    samples = counts.get("traces", 0)
    return asked(samples, prompt(counts, params["template"], trace=True), params["max_tokens"])
