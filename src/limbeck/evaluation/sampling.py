"""Samples of an evaluation: drawn, verified, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import benchmark_of
from limbeck.generation import Completion, Sampling
from limbeck.pipeline.context import Context, Progress
from limbeck.records import Problem, Trace, Verdict
from limbeck.teachers.ops import Writer
from limbeck.types import PositiveShare, Settings, Verifier, Weight
from limbeck.verifiers.ops import judge

IN_FLIGHT = 256
"""How many samples may wait for slow checks."""


class Draws(Settings, frozen=True):
    """How an evaluation draws its samples.

    Args:
        temperature: one or several; greedy (0) is sampled once, whatever ``n``.
        top_p: the share of the probability that is drawn from, above 0 and at most 1.
        n: samples per problem.
        max_tokens: most new tokens of a sample, its end token among them.
        seed: another seed, other samples.
    """

    temperature: tuple[Weight, ...] = (0.6,)
    top_p: PositiveShare = 0.95
    n: int = 16
    max_tokens: int = 32768
    seed: int = 0

    def samplings(self) -> list[Sampling]:
        """What is asked of the model, temperature by temperature."""
        common = Sampling(top_p=self.top_p, max_tokens=self.max_tokens, seed=self.seed)
        return [replace(common, n=self.n if t > 0 else 1, temperature=t) for t in self.temperature]


def sampled(
    stream: Iterable[tuple[int, int, Completion]], problems: list[Problem], writer: Writer, benchmark: str
) -> Iterator[tuple[Problem, Trace]]:
    """Completions as traces that say which benchmark and temperature they belong to."""
    for index, number, completion in stream:
        problem = problems[index]
        trace = writer.trace(problem, number, completion)
        trace.id = f"{problem.id}#{trace.model}-T{writer.sampling.temperature:g}-{number}"
        trace.params["benchmark"] = benchmark_of(problem, benchmark)
        yield problem, trace


def verified(made: Iterable[tuple[Problem, Trace]], verifier: Verifier, bar: Progress) -> Iterator[Trace]:
    """Traces with their verdicts, a window of them being checked at a time."""
    failed = Verdict("", "unknown", reason="the request failed")
    items = ((trace, failed if trace.finish == "error" else problem, trace) for problem, trace in made)
    for trace, verdict in judge(verifier, items, IN_FLIGHT):
        if trace.finish == "length" and verdict.outcome == "wrong":
            verdict = replace(verdict, outcome="unparsed", reason="truncated")
        trace.verdicts = [verdict]
        bar.advance(note=f"T={trace.params['temperature']:g}")
        yield trace


def in_order(traces: Iterable[Trace], problems: list[Problem]) -> list[Trace]:
    """Completions arrive as they finish; what is stored must not depend on which was faster."""
    rank = {problem.id: place for place, problem in enumerate(problems)}
    return sorted(traces, key=lambda trace: (rank[trace.problem_id], trace.params["sample"]))


def report_failures(traces: list[Trace], ctx: Context) -> None:
    """Tell how many requests failed.

    Raises:
        LimbeckError: all of them.
    """
    failed = [trace for trace in traces if trace.finish == "error"]
    if not failed:
        return
    reason = failed[0].params.get("error", "no reason given")
    if len(failed) == len(traces):
        raise LimbeckError(f"all {len(failed)} requests failed; the first: {reason}")
    ctx.log(f"{len(failed)} of {len(traces)} requests failed and are left out; the first: {reason}")
