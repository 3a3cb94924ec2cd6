"""Sample, verify, count: accuracy with intervals, and every sample kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from limbeck.drawing import Prompting
from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import Group, check_benchmark, groups, like, rows
from limbeck.evaluation.sampling import Draws as Draws
from limbeck.evaluation.sampling import in_order, report_failures, sampled, verified
from limbeck.generation import Model
from limbeck.pipeline import metrics
from limbeck.pipeline.context import Context
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.records import Data, Result, Results, Trace
from limbeck.teachers.ops import Writer
from limbeck.texts.traces import format_named
from limbeck.types import Verifier


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
            drawn = sampled(model.stream(prompts, sampling), problems, writer, benchmark)
            traces += in_order(verified(drawn, verifier, bar), problems)
    kept = Data(problems=problems, traces=traces)
    report_failures(traces, ctx)
    common = like(model.name, [draws.seed], top_p=draws.top_p, max_tokens=draws.max_tokens)
    return Results([row for group in groups(kept) for row in results_of(group, k, common)], kept)


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


def results_of(group: Group, k: Iterable[int], common: Result) -> Iterator[Result]:
    """The rows of one benchmark at one temperature: pass@k as far as there are samples for it."""
    names = ["pass@1", *[f"pass@{each}" for each in k if 1 < each <= group.n]]
    names += [f"maj@{group.n}"] if group.n > 1 else []
    names += ["mean_tokens", "truncated", "unparsed", "unverified"]
    common = replace(common, setting={**common.setting, "n": group.n})
    for row in rows(group, [metrics.read(name) for name in names], common):
        if row.metric != "unverified" or row.value:
            yield row
