"""Independent samples: every problem is tried ``k`` times."""

from __future__ import annotations

from typing import Any

from limbeck.generation import Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.teachers.ops import Writer, check
from limbeck.texts.messages import as_messages
from limbeck.texts.traces import format_named


def sample(
    data: Data,
    *,
    model: Model,
    k: int = 8,
    temperature: float = 0.6,
    top_p: float = 0.95,
    max_tokens: int = 32768,
    format: str = "think",
    system: str = "",
    template: str = "{question}",
    seed: int = 0,
    ctx: Context,
) -> Data:
    """Sample ``k`` traces for each problem without a mark. Killed, it goes on where it was.

    A trace cut off at ``max_tokens`` is marked ``truncated``, one whose request failed ``error``: no
    negatives.

    Args:
        k: traces per problem; their ids are ``problem#model-0`` and so on, in order of problems and numbers.
        format: how a completion is split into reasoning and answer, a name of ``formats/``.
        system: a system message before the question, in place of the problem's own; empty keeps that.
        template: the user's message, ``{question}`` replaced.

    Raises:
        LimbeckError: for an unknown format, a template without ``{question}``, settings out of range, or when
            every request failed.
    """
    sampling = Sampling(n=k, temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=seed)
    check(template, sampling)
    writer = Writer(model, format, sampling, data)
    problems = [problem for problem in data.problems if not problem.marks]
    prompts = [as_messages(problem, template, system) for problem in problems]
    made: dict[tuple[int, int], Trace] = {}
    with ctx.progress(len(problems) * k) as bar:
        for index, number, completion in model.stream(prompts, sampling):
            made[index, number] = writer.trace(problems[index], number, completion)
            bar.advance(note=writer.rate())
    writer.close(ctx)
    return Data(data.problems, [*data.traces, *(made[place] for place in sorted(made))], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    settings = {name: given[name] for name in ("temperature", "top_p", "max_tokens")}
    check(given["template"], Sampling(n=given["k"], **settings))
    format_named(given["format"], "a teacher's format")


def estimate(counts: dict[str, Any], params: dict[str, Any]) -> dict[str, int]:
    """For a dry run: how many samples, and how many new tokens at most."""
    samples = counts["problems"] * params["k"]
    return {
        "traces": counts.get("traces", 0) + samples,
        "samples": samples,
        "max_tokens": samples * params["max_tokens"],
    }
