"""Sample until a right answer appears, and keep the failures: where REDI's pairs come from."""

from __future__ import annotations

from typing import Any

from limbeck.drawing import Drawing, Prompting
from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Trace
from limbeck.teachers._verdicts import asked_of, settled
from limbeck.teachers.ops import Writer, check
from limbeck.types import Verifier


def until_correct(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    tries: int = 8,
    at_once: int = 1,
    drawing: Drawing = Drawing(),
    format: str = "think",
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Try each problem until a verified correct trace appears, at most ``tries`` times (REDI).

    ArXiv 2505.24850, section 3. All attempts are kept with their verdicts. In every round the problems
    still unsolved are asked again, so a round is one batch. An attempt is the sample that `sample` would
    draw under the same number and seed.

    Args:
        tries: most attempts per problem.
        at_once: attempts per problem and round; more fill a batch better and may draw more than needed.
        format: as in `sample`.

    Raises:
        LimbeckError: for an unknown format, a template without ``{question}``, settings out of range, or when
            every request failed.
    """
    sampling = drawing.sampling(tries)
    check(prompting, sampling)
    _check(tries, at_once, drawing.temperature)
    writer = Writer(model, format, sampling, data)
    unsolved = [problem for problem in data.problems if not problem.marks]
    rank = {problem.id: place for place, problem in enumerate(unsolved)}
    made: list[Trace] = []
    with ctx.progress(len(unsolved)) as bar:
        for first in range(0, tries, at_once):
            numbers = range(first, min(first + at_once, tries))
            prompts = [prompting.messages(problem) for problem in unsolved]
            waiting = []
            for index, number, completion in model.stream_some(prompts, [numbers] * len(unsolved), sampling):
                trace = writer.trace(unsolved[index], number, completion)
                waiting.append((trace, asked_of(verifier, unsolved[index], trace)))
                bar.advance(0, writer.rate())
            for trace, verdict in waiting:
                trace.verdicts = [settled(verdict, trace)]
            made += [trace for trace, _ in waiting]
            right = [trace for trace, _ in waiting if trace.outcome == "correct" and not trace.marks]
            solved = {trace.problem_id for trace in right}
            unsolved = [problem for problem in unsolved if problem.id not in solved]
            bar.advance(len(solved))
            if not unsolved or writer.unasked:
                break
    writer.close(ctx)
    if unsolved:
        ctx.log(f"{len(unsolved):,} problems have no correct trace after {tries} tries")
    made.sort(key=lambda trace: (rank[trace.problem_id], trace.params["sample"]))
    return Data(data.problems, [*data.traces, *made], data.pairs)


def _check(tries: int, at_once: int, temperature: float) -> None:
    if temperature == 0 and tries > 1:
        raise LimbeckError(
            f"{tries} tries at temperature 0 are all the same; give a temperature, or tries: 1"
        )
    if at_once < 1:
        raise LimbeckError(f"at_once cannot be {at_once}")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: at most so many samples and tokens."""
    samples = counts["problems"] * params["tries"]
    each = prompt(counts, params["template"], params["system"])
    return {"traces": counts.get("traces", 0) + samples, **asked(samples, each, params["max_tokens"])}
