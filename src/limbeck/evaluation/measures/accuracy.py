"""Sample, verify, count: accuracy with intervals, and every sample kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Prompting
from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import Group, benchmark_of, check_benchmark, groups, like, rows
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline import metrics
from limbeck.pipeline.context import Context, Progress
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Problem, Result, Results, Trace, Verdict
from limbeck.teachers.ops import Writer
from limbeck.texts.traces import format_named
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


def accuracy(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    draws: Draws = Draws(),
    format: str = "think",
    prompting: Prompting = Prompting(),
    k: tuple[int, ...] = (1,),
    benchmark: str = "",
    ctx: Context,
) -> Results:
    """Sample ``n`` answers per problem, verify them, and report accuracy with 95% intervals.

    Defaults follow the field (T=0.6, top-p 0.95, 16 samples, 32k new tokens; REDI, 2505.24850, section 4).
    Rows per benchmark and temperature: the metrics ``pass@1``, ``pass@k``, ``maj@n``, ``mean_tokens``,
    ``truncated`` and ``unparsed``; ``unverified`` where a verifier timed out or failed. Every sample is kept
    in the returned data, so that comparisons can be paired by problem and any other metric can be read.

    Args:
        data: problems; marked ones are left out.
        format: how a completion is split into reasoning and answer; a name of ``formats/``.
        k: sample counts for pass@k, at most ``n``.
        benchmark: one name for all problems; by default each problem's source and split name its benchmark.
            With a field of the problems in braces, as in ``level {level}``, each level, skill or source gets
            rows of its own: a table of arms against abilities.

    Raises:
        LimbeckError: for an unknown format, a template without ``{question}``, a ``k`` above ``n``, no
            problem left, or when every request failed.
    """
    _check(prompting.template, draws, k)
    format_named(format, "accuracy")
    problems = [problem for problem in data.problems if not problem.marks]
    if not problems:
        raise LimbeckError(f"nothing to evaluate: none of {len(data.problems)} problems is free of marks")
    check_benchmark(benchmark, problems)
    prompts = [prompting.messages(problem) for problem in problems]
    traces: list[Trace] = []
    with ctx.progress(len(problems) * sum(sampling.n for sampling in draws.samplings())) as bar:
        for sampling in draws.samplings():
            writer = Writer(model, format, sampling, Data())
            made = _sampled(model.stream(prompts, sampling), problems, writer, benchmark)
            traces += _in_order(_verified(made, verifier, bar), problems)
    sampled = Data(problems=problems, traces=traces)
    _report_failures(traces, ctx)
    common = like(model.name, [draws.seed], top_p=draws.top_p, max_tokens=draws.max_tokens)
    return Results([row for group in groups(sampled) for row in results_of(group, k, common)], sampled)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """How many samples an evaluation asks for, and the most tokens they can cost."""
    each = sum(params["n"] if t > 0 else 1 for t in params["temperature"])
    shown = prompt(counts, params["template"], params["system"])
    return asked(counts["problems"] * each, shown, params["max_tokens"])


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    drawn = {each: given[each] for each in ("temperature", "top_p", "n", "max_tokens")}
    _check(given["template"], Draws(**drawn), given["k"])


def _check(template: str, draws: Draws, k: Iterable[int]) -> None:
    if "{question}" not in template:
        raise LimbeckError(f"accuracy: the template {template!r} has no {{question}}")
    n, temperature = draws.n, draws.temperature
    if not 0 < draws.top_p <= 1:
        raise LimbeckError(f"accuracy: top_p is {draws.top_p}; a share above 0 and at most 1 is wanted")
    if draws.max_tokens < 1:
        raise LimbeckError(f"accuracy: max_tokens is {draws.max_tokens}; a sample has at least one")
    if n < 1:
        raise LimbeckError(f"accuracy: n is {n}; at least one sample per problem is needed")
    for each in k:
        if not 1 <= each <= n:
            raise LimbeckError(f"accuracy: pass@{each} needs 1 <= k <= n, and n is {n}")
    if any(t < 0 for t in temperature):
        raise LimbeckError(f"accuracy: temperatures must not be negative, got {list(temperature)}")


def _sampled(
    stream: Iterable[tuple[int, int, Completion]], problems: list[Problem], writer: Writer, benchmark: str
) -> Iterator[tuple[Problem, Trace]]:
    """Completions as traces that say which benchmark and temperature they belong to."""
    for index, number, completion in stream:
        problem = problems[index]
        trace = writer.trace(problem, number, completion)
        trace.id = f"{problem.id}#{trace.model}-T{writer.sampling.temperature:g}-{number}"
        trace.params["benchmark"] = benchmark_of(problem, benchmark)
        yield problem, trace


def _verified(made: Iterable[tuple[Problem, Trace]], verifier: Verifier, bar: Progress) -> Iterator[Trace]:
    """Traces with their verdicts, a window of them being checked at a time."""
    failed = Verdict("", "unknown", reason="the request failed")
    items = ((trace, failed if trace.finish == "error" else problem, trace) for problem, trace in made)
    for trace, verdict in judge(verifier, items, IN_FLIGHT):
        if trace.finish == "length" and verdict.outcome == "wrong":
            verdict = replace(verdict, outcome="unparsed", reason="truncated")
        trace.verdicts = [verdict]
        bar.advance(note=f"T={trace.params['temperature']:g}")
        yield trace


def _in_order(traces: Iterable[Trace], problems: list[Problem]) -> list[Trace]:
    """Completions arrive as they finish; what is stored must not depend on which was faster."""
    rank = {problem.id: place for place, problem in enumerate(problems)}
    return sorted(traces, key=lambda trace: (rank[trace.problem_id], trace.params["sample"]))


def _report_failures(traces: list[Trace], ctx: Context) -> None:
    failed = [trace for trace in traces if trace.finish == "error"]
    if not failed:
        return
    reason = failed[0].params.get("error", "no reason given")
    if len(failed) == len(traces):
        raise LimbeckError(f"all {len(failed)} requests failed; the first: {reason}")
    ctx.log(f"{len(failed)} of {len(traces)} requests failed and are left out; the first: {reason}")


def results_of(group: Group, k: Iterable[int], common: Result) -> Iterator[Result]:
    """The rows of one benchmark at one temperature: pass@k as far as there are samples for it."""
    names = ["pass@1", *[f"pass@{each}" for each in k if 1 < each <= group.n]]
    names += [f"maj@{group.n}"] if group.n > 1 else []
    names += ["mean_tokens", "truncated", "unparsed", "unverified"]
    common = replace(common, setting={**common.setting, "n": group.n})
    for row in rows(group, [metrics.read(name) for name in names], common):
        if row.metric != "unverified" or row.value:
            yield row
