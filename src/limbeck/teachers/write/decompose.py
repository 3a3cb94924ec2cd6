"""Questions taken apart: sub-questions in one go, as traces for a decomposer to learn from."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Drawing, Prompting
from limbeck.generation import Completion, Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Trace
from limbeck.teachers.ops import Writer, check
from limbeck.texts.subquestions import ASK, MALFORMED, Dividing


def decompose(
    data: Data,
    *,
    model: Model,
    k: int = 1,
    dividing: Dividing = Dividing(),
    drawing: Drawing = Drawing(max_tokens=2048),
    system: str = "",
    ctx: Context,
) -> Data:
    """Have each unmarked problem divided ``k`` times (Divide-or-Conquer, arXiv 2402.15000).

    A student that is trained on the traces divides the bare question. Traces that `verifiers/reached` calls
    ``correct`` led a solver to the answer.

    Args:
        k: decompositions per problem.
        system: a system message before the question, in place of the problem's own; empty keeps that.

    Returns:
        The data with new traces of format ``plain``: the sub-questions without a thought before them, or the
        word for none. A reply in another form stays as it is and is marked ``malformed``; how many did is
        told.

    Raises:
        LimbeckError: a template without ``{question}``, a ``line`` that is no regular expression, settings
            out of range, or every request failed.
    """
    dividing.check("teachers/decompose")
    sampling, prompting = drawing.sampling(k), Prompting(system=system, template=dividing.asked())
    check(prompting, sampling)
    writer = Writer(model, "plain", sampling, data)
    problems = [problem for problem in data.problems if not problem.marks]
    prompts = [prompting.messages(problem) for problem in problems]
    made: dict[tuple[int, int], Trace] = {}
    with ctx.progress(len(prompts) * k) as bar:
        for index, number, reply in model.stream(prompts, sampling):
            trace = writer.trace(problems[index], number, reply)
            made[index, number] = _read(trace, reply, dividing)
            bar.advance(note=writer.rate())
    writer.close(ctx)
    malformed = sum(MALFORMED in trace.marks for trace in made.values())
    if malformed:
        ctx.log(f"{malformed:,} of {len(made):,} decompositions are not in the form asked for: {MALFORMED}")
    return Data(data.problems, [*data.traces, *(made[place] for place in sorted(made))], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    dividing = Dividing.of(given)
    dividing.check("teachers/decompose")
    check(Prompting(template=dividing.asked()), Drawing.of(given).sampling(given["k"]))


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: new traces, how many samples, and how many tokens at most."""
    samples = counts["problems"] * params["k"]
    each = prompt(counts, params["ask"] or ASK, params["system"])
    return {"traces": counts.get("traces", 0) + samples, **asked(samples, each, params["max_tokens"])}


def _read(trace: Trace, reply: Completion, dividing: Dividing) -> Trace:
    if trace.marks:  # cut off or failed
        return trace
    parts = dividing.read_completion(reply)
    if parts is None:
        return replace(trace, marks=[MALFORMED])
    return replace(trace, answer=parts or dividing.none)
