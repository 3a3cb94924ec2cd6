"""A teacher that is told the answer, or is not, behind worked examples."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Messages, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Trace
from limbeck.teachers._hints import MARK, noted, telling
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import in_context
from limbeck.texts.templates import fill
from limbeck.texts.traces import format_named, full_text
from limbeck.types import CountOrNone, Settings

TEMPLATE = (
    "{question}\n\nOnly you are told the answer: {answer}. Reason step by step until you reach it, mending "
    "any step that leads elsewhere. Write as if you had not been told it, and end with the answer."
)


class Hinting(Settings, frozen=True):
    """How a teacher is asked.

    Args:
        system: a system message in place of the problem's own; empty keeps that.
        template: the user's message, with ``{question}``; with ``{answer}`` the teacher is told the answer,
            without it nothing is hinted.
        shots: most worked examples before the question, of those that come in; 0 shows all.
        tells: what gives a hint away; a hinted trace that says so is marked ``tells_hint``. ``english`` are
            the house's phrases ("the given answer"), anything else a regular expression; empty looks for
            nothing.
    """

    system: str = ""
    template: str = TEMPLATE
    shots: CountOrNone = 0
    tells: str = "english"

    @property
    def hints(self) -> bool:
        return "{answer}" in self.template


def hinted(
    *data: Data,
    model: Model,
    k: int = 4,
    drawing: Drawing = Drawing(),
    format: str = "think",
    hinting: Hinting = Hinting(),
    ctx: Context,
) -> Data:
    """Sample ``k`` traces for each problem from a teacher that is told its answer (Magister et al.).

    ArXiv 2212.08410, section 3: a teacher that sees where it has to arrive can mend its chain, so that more
    of its chains are kept where the final answer matches. It can also arrive there by a step that is false:
    look at the kept ones with a verifier of steps (`verifiers/arithmetic`). The hint is in the teacher's
    prompt alone; a student is trained on the problem's question as it is.

    Args:
        data: the problems; further inputs hold worked examples, the first kept trace of each problem without
            a mark. They stand before the question as turns of their own, asked with the same template. A
            problem is no example for itself.
        format: how a completion is split into reasoning and answer, and how examples are written; a name of
            ``formats/``.

    Returns:
        The first input with new traces, unverified; ``params`` say whether they were ``hinted`` and behind
        how many ``shots``. A problem without an answer to hint is not asked, and is marked ``no_answer``.

    Raises:
        LimbeckError: an unknown format, a template without ``{question}``, ``tells`` that is no regular
            expression, settings out of range, no problem with an answer to hint, further inputs without an
            example, or every request failed.
    """
    first, examples = data[0], [shown for part in data[1:] for shown in _examples(part)]
    sampling = drawing.sampling(k)
    _check(hinting, sampling)
    if len(data) > 1 and not examples:
        raise LimbeckError("teachers/hinted: further inputs hold examples, and none has an unmarked trace")
    writer = Writer(model, format, sampling, first, kind="-hinted" if hinting.hints else "-asked")
    problems = [_answerable(problem) if hinting.hints else problem for problem in first.problems]
    open_ = [problem for problem in problems if not problem.marks]
    without = sum(problem is not before for problem, before in zip(problems, first.problems, strict=True))
    if without and not open_:
        raise LimbeckError(f"teachers/hinted: none of {without:,} problems has an answer to hint")
    shown = [_shots(problem, examples, hinting.shots) for problem in open_]
    prompts = [_chat(problem, shots, hinting, writer) for problem, shots in zip(open_, shown, strict=True)]
    tells = telling(hinting.tells, "teachers/hinted") if hinting.hints else None
    made: dict[tuple[int, int], Trace] = {}
    with ctx.progress(len(open_) * k) as bar:
        for index, number, completion in model.stream(prompts, sampling):
            trace = noted(writer.trace(open_[index], number, completion), tells)
            trace.params |= {"hinted": hinting.hints, "shots": len(shown[index])}
            made[index, number] = trace
            bar.advance(note=writer.rate())
    writer.close(ctx)
    if without:
        ctx.log(f"{without:,} problems have no answer to hint and are marked no_answer")
    if told := sum(MARK in trace.marks for trace in made.values()):
        ctx.log(f"{told:,} of {len(made):,} traces speak of the hint and are marked {MARK}")
    return Data(problems, [*first.traces, *(made[place] for place in sorted(made))], first.pairs)


def _check(hinting: Hinting, sampling: Sampling) -> None:
    check(Prompting(template=hinting.template), sampling)
    telling(hinting.tells, "teachers/hinted")


def _answerable(problem: Problem) -> Problem:
    """The problem, marked where there is nothing to hint."""
    if problem.marks or (problem.answer or "").strip():
        return problem
    return replace(problem, marks=["no_answer"])


def _examples(data: Data) -> list[tuple[Problem, Trace]]:
    """The first trace without a mark of each problem without one."""
    problems, firsts = data.problem_by_id(), dict[str, Trace]()
    for trace in data.kept():
        firsts.setdefault(trace.problem_id, trace)
    return [(problems[each], trace) for each, trace in firsts.items() if each in problems]


def _shots(problem: Problem, examples: list[tuple[Problem, Trace]], most: int) -> list[tuple[Problem, Trace]]:
    others = [example for example in examples if example[0].id != problem.id]
    return others[:most] if most else others


def _chat(problem: Problem, shots: list[tuple[Problem, Trace]], hinting: Hinting, writer: Writer) -> Messages:
    """System turn, examples, the problem's own earlier turns, its question."""
    messages = in_context(problem, _put(problem, problem.answer or "", hinting.template), hinting.system)
    turns: Messages = []
    for example, trace in shots:
        answer = example.answer or trace.answer.strip()
        text = (
            full_text(trace)
            if trace.format == writer.format
            else writer.form.render(trace.reasoning, trace.answer)
        )
        turns += [
            {"role": "user", "content": _put(example, answer, hinting.template)},
            {"role": "assistant", "content": text},
        ]
    begin = 1 if messages[0]["role"] == "system" else 0
    return [*messages[:begin], *turns, *messages[begin:]]


def _put(problem: Problem, answer: str, template: str) -> str:
    return fill(template, question=problem.question, answer=answer)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(Hinting.of(given), Drawing.of(given).sampling(given["k"]))
    format_named(given["format"], "a teacher's format")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: new traces, how many samples, and how many tokens at most; examples count as problems,
    and in prompts where ``shots`` says how many there are."""
    samples = counts["problems"] * params["k"]
    example = (counts.get("question_tokens") or 0.0) + (counts.get("trace_tokens") or 0.0)
    each = prompt(counts, params["template"], params["system"], more=params["shots"] * example)
    return {"traces": counts.get("traces", 0) + samples, **asked(samples, each, params["max_tokens"])}
