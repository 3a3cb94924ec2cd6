"""Responses rewritten by a model, step by step or better, and verified again."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import marked
from limbeck.drawing import Drawing, Prompting
from limbeck.generation import Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Trace, Verdict
from limbeck.teachers._verdicts import settled
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import in_context
from limbeck.texts.templates import check_fields, fill
from limbeck.texts.traces import full_text
from limbeck.types import Verifier
from limbeck.verifiers.ops import judge

TEMPLATE = (
    "Below stand an instruction and a response to it. Rewrite the response so that a smaller model can learn "
    "from it: work through the task step by step, each step short and following from those before, keep "
    "everything that is right, correct what is not, and leave out what does not help. Answer the instruction "
    "directly and do not mention that there was an earlier response.\n\nInstruction:\n{question}\n\n"
    "Response:\n{response}"
)
IMPROVED, MALFORMED = "improved", "malformed"


def improve(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    template: str = "",
    drawing: Drawing = Drawing(max_tokens=8192),
    format: str = "think",
    ctx: Context,
) -> Data:
    """Have each kept trace rewritten and the new text verified (DistilQwen2.5, arXiv 2504.15027, section 3).

    A rewriting takes its source's place only where the verifier calls it ``correct``: the source is then
    marked ``improved``. Of any other the source stays, and the rewriting is marked with its outcome. Where
    instructions have no reference answer a judge verifies (`verifiers/judge`).

    Args:
        template: with ``{question}`` and ``{response}``; empty takes ``TEMPLATE``.
        format: how a rewriting is split into reasoning and answer, a name of ``formats/``.

    Returns:
        The data with a new trace for each kept one, its source in ``parents``. A rewriting without an
        answer in the format is marked ``malformed``; how many are, and how many took their source's place,
        is told.

    Raises:
        LimbeckError: an unknown format, a template without its fields, settings out of range, or every
        request
            failed.
    """
    text, sampling = template or TEMPLATE, drawing.sampling()
    _check(text, drawing)
    writer = Writer(model, format, sampling, data)
    problems = data.problem_by_id()
    sources = [trace for trace in data.kept() if trace.problem_id in problems]
    chats = [_chat(text, problems[trace.problem_id], trace) for trace in sources]
    made: dict[int, Trace] = {}
    with ctx.progress(len(sources)) as bar:
        for index, number, reply in model.stream(chats, sampling):
            source = sources[index]
            fresh = writer.trace(problems[source.problem_id], number, reply)
            made[index] = replace(fresh, id=writer.free(f"{source.id}/{model.name}"), parents=[source.id])
            bar.advance(note=writer.rate())
    writer.close(ctx)
    judged = _verified([(problems[trace.problem_id], trace) for _, trace in sorted(made.items())], verifier)
    better = {trace.parents[0] for trace in judged if not trace.marks}
    malformed = sum(MALFORMED in trace.marks for trace in judged)
    ctx.log(f"{len(better):,} of {len(judged):,} rewritings are correct, {malformed:,} have no answer")
    kept = [marked(trace, IMPROVED) if trace.id in better else trace for trace in data.traces]
    return Data(data.problems, [*kept, *judged], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given["template"] or TEMPLATE, Drawing.of(given))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: one rewriting for each trace."""
    each = prompt(counts, params["template"] or TEMPLATE, trace=True)
    traces = counts["traces"]
    return {"traces": 2 * traces, **asked(traces, each, params["max_tokens"])}


def _check(template: str, drawing: Drawing) -> None:
    check_fields(template, ("question", "response"), "teachers/improve")
    check(Prompting(), drawing.sampling())


def _chat(template: str, problem: Problem, trace: Trace) -> list[dict[str, str]]:
    shown = fill(template, question=problem.question, response=full_text(trace))
    return in_context(problem, shown)


def _verified(rewritings: list[tuple[Problem, Trace]], verifier: Verifier) -> list[Trace]:
    """Each with its verdict, and a mark unless it is correct."""
    failed = Verdict("", "unknown", reason="the request failed")
    empty = Verdict("", "unparsed", reason="no answer in the format")

    def asked(problem: Problem, trace: Trace) -> Problem | Verdict:
        return failed if trace.finish == "error" else problem if trace.answer.strip() else empty

    judged = []
    for trace, verdict in judge(
        verifier, ((trace, asked(problem, trace), trace) for problem, trace in rewritings)
    ):
        verdict = settled(verdict, trace)
        why = MALFORMED if verdict.outcome == "unparsed" else verdict.outcome
        marks = trace.marks or ([] if verdict.outcome == "correct" else [why])
        judged.append(replace(trace, verdicts=[verdict], marks=marks))
    return judged
