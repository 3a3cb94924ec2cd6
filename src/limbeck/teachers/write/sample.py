"""Independent samples: every problem is tried ``k`` times."""

from __future__ import annotations

from typing import Any

from limbeck.drawing import Drawing, Prompting
from limbeck.generation import Model
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Trace
from limbeck.teachers.ops import Writer, check
from limbeck.texts.traces import format_named


def sample(
    data: Data,
    *,
    model: Model,
    k: int = 8,
    drawing: Drawing = Drawing(),
    format: str = "think",
    prompting: Prompting = Prompting(),
    ctx: Context,
) -> Data:
    """Sample ``k`` traces for each problem without a mark. Killed, it goes on where it was.

    A trace cut off at ``max_tokens`` is marked ``truncated``, one whose request failed ``error``: no
    negatives.

    Args:
        k: traces per problem; their ids are ``problem#model-0`` and so on, in order of problems and numbers.
        format: how a completion is split into reasoning and answer, a name of ``formats/``.

    Raises:
        LimbeckError: for an unknown format, a template without ``{question}``, settings out of range, or when
            every request failed.
    """
    sampling = drawing.sampling(k)
    check(prompting, sampling)
    writer = Writer(model, format, sampling, data)
    problems = [problem for problem in data.problems if not problem.marks]
    prompts = [prompting.messages(problem) for problem in problems]
    made: dict[tuple[int, int], Trace] = {}
    with ctx.progress(len(problems) * k) as bar:
        for index, number, completion in model.stream(prompts, sampling):
            made[index, number] = writer.trace(problems[index], number, completion)
            bar.advance(note=writer.rate())
    writer.close(ctx)
    return Data(data.problems, [*data.traces, *(made[place] for place in sorted(made))], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    check(Prompting.of(given), Drawing.of(given).sampling(given["k"]))
    format_named(given["format"], "a teacher's format")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: new traces, how many samples, and how many tokens at most."""
    samples = counts["problems"] * params["k"]
    each = prompt(counts, params["template"], params["system"])
    return {"traces": counts.get("traces", 0) + samples, **asked(samples, each, params["max_tokens"])}
