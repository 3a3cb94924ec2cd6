"""A teacher that is shown what a student got wrong, and writes for that mistake."""

from __future__ import annotations

from typing import Any

from limbeck.drawing import Drawing, Prompting
from limbeck.generation import Messages, Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Trace
from limbeck.teachers._hints import MARK, noted, telling
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import in_context
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import format_named, full_text
from limbeck.types import Count, Settings

TEMPLATE = (
    "A student was asked:\n\n{question}\n\nThe student's solution, which is wrong:\n\n{wrong}\n\n"
    "Only you are told the answer: {answer}. Write a solution for this student: step by step, plain where "
    "the student went astray, from the question alone and as if neither the student's solution nor the "
    "answer had been shown. End with the answer."
)


class Tailoring(Settings, frozen=True):
    """What the teacher is asked.

    To ask what the mistake is, as MAPD does, give another template, such as "… Name the first mistake, and
    say why it is one and what is right instead." with the same fields.

    Args:
        system: a system message in place of the problem's own; empty keeps that.
        template: the user's message, with ``{question}`` and ``{wrong}``, the student's text; with
            ``{answer}`` the teacher is told the answer too.
        mistakes: most wrong traces of a problem that are answered; of equal ones only the first.
        student: whose traces; empty takes everybody's.
        tells: as in `teachers/hinted`; what is written to be read with the mistake, such as feedback, may
            speak of the right answer: give an empty one there.
    """

    system: str = ""
    template: str = TEMPLATE
    mistakes: Count = 1
    student: str = ""
    tells: str = "english"


def tailored(
    data: Data,
    *,
    model: Model,
    k: int = 1,
    drawing: Drawing = Drawing(),
    format: str = "think",
    tailoring: Tailoring = Tailoring(),
    ctx: Context,
) -> Data:
    """Ask a teacher for ``k`` texts about each wrong trace: a solution made for it, or what its mistake is.

    Mistake-aware teaching: the student's own errors say what to explain (Wang et al., arXiv 2310.13332; Li et
    al., arXiv 2410.03663). Only what a verifier called wrong is shown, and what was cut off is not: a trace
    without a verdict is no mistake.

    Returns:
        The data with new traces, unverified, whose parent is the wrong trace (``params["tailored_to"]`` too);
        verify them before they are kept. A problem without a wrong trace is not asked, nor one without an
        answer where the template tells it.

    Raises:
        LimbeckError: an unknown format, a template without ``{question}`` and ``{wrong}``, ``tells`` that is
            no regular expression, settings out of range, or every request failed.
    """
    sampling = drawing.sampling(k)
    tells = _checked(tailoring, sampling)
    writer = Writer(model, format, sampling, data, kind="-tailored")
    hints, groups = "{answer}" in tailoring.template, data.by_problem()
    open_ = [problem for problem in data.problems if not problem.marks]
    mistakes = {each.id: _mistakes(groups.get(each.id, []), tailoring) for each in open_}
    cases = [(each, rank, wrong) for each in open_ for rank, wrong in enumerate(mistakes[each.id])]
    answerable = [case for case in cases if not hints or (case[0].answer or "").strip()]
    if not answerable:
        ctx.log(f"nobody is asked: none of {len(open_):,} problems has a wrong trace and what is told of it")
    chats = [_chat(problem, wrong, tailoring) for problem, _, wrong in answerable]
    made: dict[tuple[int, int], Trace] = {}
    with ctx.progress(len(chats) * k) as bar:
        for index, number, completion in model.stream(chats, sampling):
            problem, rank, wrong = answerable[index]
            # Texts on several mistakes of a problem are numbered through.
            trace = noted(writer.trace(problem, rank * k + number, completion), tells)
            trace.parents, trace.params["tailored_to"] = [wrong.id], wrong.id
            made[index, number] = trace
            bar.advance(note=writer.rate())
    writer.close(ctx)
    if left := len(cases) - len(answerable):
        ctx.log(f"{left:,} wrong traces of problems without an answer to tell are left out")
    if told := sum(MARK in trace.marks for trace in made.values()):
        ctx.log(f"{told:,} of {len(made):,} traces speak of what the teacher was told and are marked {MARK}")
    return Data(data.problems, [*data.traces, *(made[place] for place in sorted(made))], data.pairs)


def _checked(tailoring: Tailoring, sampling: Sampling) -> Any:
    check_fields(tailoring.template, ("question", "wrong"), "teachers/tailored")
    check(Prompting(), sampling)
    return telling(tailoring.tells, "teachers/tailored")


def _mistakes(traces: list[Trace], tailoring: Tailoring) -> list[Trace]:
    """Wrong traces that ended by themselves, each text once."""
    texts: dict[str, Trace] = {}
    for trace in traces:
        student = not tailoring.student or trace.model == tailoring.student
        if student and trace.outcome == "wrong" and {*trace.marks} <= {"wrong"}:
            texts.setdefault(full_text(trace), trace)
    return [*texts.values()][: tailoring.mistakes]


def _chat(problem: Problem, wrong: Trace, tailoring: Tailoring) -> Messages:
    parts = {"question": problem.question, "wrong": full_text(wrong), "answer": problem.answer or ""}
    return in_context(problem, fill(tailoring.template, **parts), tailoring.system)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _checked(Tailoring.of(given), Drawing.of(given).sampling(given["k"]))
    format_named(given["format"], "a teacher's format")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most so many texts, for nobody knows yet how many traces are wrong."""
    wrong = min(counts["problems"] * params["mistakes"], counts.get("traces", 0))
    samples = wrong * params["k"]
    each = prompt(counts, params["template"], params["system"], trace=True)
    return {"traces": counts.get("traces", 0) + samples, **asked(samples, each, params["max_tokens"])}
