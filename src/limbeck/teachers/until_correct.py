"""Sample until a right answer appears, and keep the failures: where REDI's pairs come from."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from limbeck.models.base import Model, Sampling
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace, Verdict
from limbeck.teachers.ops import chats, reader, trace_of
from limbeck.types import Verifier


def until_correct(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    tries: int = 8,
    temperature: float = 0.6,
    top_p: float = 0.95,
    max_tokens: int = 32768,
    format: str = "think",
    template: str = "{question}",
    seed: int = 0,
    ctx: Context,
) -> Data:
    """Try each problem until a verified correct trace appears, at most ``tries`` times (arXiv 2505.24850, section 3).

    All attempts are kept with their verdicts. In every round the problems still unsolved are asked once more, so a
    round is one batch and each attempt is a fresh sample.

    Args:
        format: how a completion is split into reasoning and answer, a name of ``formats/``.
        template: the user's message, ``{question}`` replaced.
    """
    reader(format)
    unsolved = [problem for problem in data.problems if not problem.marks]
    made: list[Trace] = []
    with ctx.progress(len(unsolved)) as bar:
        for number in range(tries):
            sampling = Sampling(temperature=temperature, top_p=top_p, max_tokens=max_tokens, seed=seed * tries + number)
            completions = model.generate(chats(unsolved, template), sampling)
            attempts = []
            for problem, (completion,) in zip(unsolved, completions, strict=True):
                trace = trace_of(problem, model.name, number, completion, format, sampling)
                attempts.append((problem, trace, verifier(problem, trace)))
            unsolved = []
            for problem, trace, verdict in attempts:
                trace.verdicts = [_settled(verdict, trace)]
                made.append(trace)
                if trace.outcome != "correct" or trace.marks:
                    unsolved.append(problem)
            bar.advance(len(attempts) - len(unsolved))
            if not unsolved:
                break
    if unsolved:
        ctx.log(f"{len(unsolved):,} problems have no correct trace after {tries} tries")
    return Data(data.problems, [*data.traces, *made], data.pairs)


def _settled(verdict: Verdict | Future[Verdict], trace: Trace) -> Verdict:
    """The verdict, waited for; a trace that was cut off or failed cannot be wrong."""
    settled = verdict if isinstance(verdict, Verdict) else verdict.result()
    if trace.marks and settled.outcome != "correct":
        return Verdict(settled.verifier, "unparsed", settled.extracted, trace.marks[0])
    return settled


def estimate(counts: dict[str, Any], params: dict[str, Any]) -> dict[str, int]:
    """For a dry run: at most so many samples and new tokens."""
    samples = counts["problems"] * params["tries"]
    return {"samples": samples, "max_tokens": samples * params["max_tokens"]}
