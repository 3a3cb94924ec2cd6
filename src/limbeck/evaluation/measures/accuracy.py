"""Sample, verify, count: accuracy with intervals, and every sample kept."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.evaluation import ops
from limbeck.evaluation.samples import Group, benchmark_of, groups, per_problem
from limbeck.generation import Completion, Model, Sampling
from limbeck.pipeline.context import Context, Progress
from limbeck.records import Data, Problem, Result, Results, Trace, Verdict
from limbeck.texts.messages import as_messages
from limbeck.texts.traces import format_named
from limbeck.types import Format, Verifier

_IN_FLIGHT = 256


def accuracy(
    data: Data,
    *,
    model: Model,
    verifier: Verifier,
    temperature: tuple[float, ...] = (0.6,),
    top_p: float = 0.95,
    n: int = 16,
    max_tokens: int = 32768,
    format: str = "think",
    system: str = "",
    template: str = "{question}",
    k: tuple[int, ...] = (1,),
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Sample ``n`` answers per problem, verify them, and report accuracy with 95% intervals.

    Defaults follow the field (T=0.6, top-p 0.95, 16 samples, 32k new tokens; REDI, 2505.24850, section 4).
    Rows per benchmark and temperature: ``pass@1`` (mean over samples), unbiased ``pass@k``, ``maj@n``,
    ``mean_tokens``, and the shares ``truncated`` and ``unparsed``; ``unverified`` where a verifier timed out
    or failed. Only a verified answer counts as right. Every sample is kept in the returned data, so that
    comparisons can be paired by problem.

    Args:
        data: problems; marked ones are left out.
        temperature: one or several; greedy (0) is sampled once, whatever ``n``.
        format: how a completion is split into reasoning and answer; a name of ``formats/``.
        template: the user's message, ``{question}`` replaced.
        k: sample counts for pass@k, at most ``n``.
        benchmark: one name for all problems; by default each problem's source and split name its benchmark.

    Raises:
        LimbeckError: for an unknown format, a template without ``{question}``, a ``k`` above ``n``, no
            problem left, or when every request failed.
    """
    _check(template, n, k, temperature)
    reader = format_named(format, "accuracy")
    problems = [problem for problem in data.problems if not problem.marks]
    if not problems:
        raise LimbeckError(f"nothing to evaluate: none of {len(data.problems)} problems is free of marks")
    prompts = [as_messages(problem, template, system) for problem in problems]
    traces: list[Trace] = []
    with ctx.progress(len(problems) * sum(n if t > 0 else 1 for t in temperature)) as bar:
        for t in temperature:
            sampling = Sampling(
                n=n if t > 0 else 1, temperature=t, top_p=top_p, max_tokens=max_tokens, seed=seed
            )
            writer = _Writer(model.name, format, reader, benchmark, sampling)
            made = (
                writer.trace(problems[i], j, completion)
                for i, j, completion in model.stream(prompts, sampling)
            )
            traces += _verified(made, problems, verifier, bar)
    sampled = Data(problems=problems, traces=traces)
    _report_failures(traces, ctx)
    setting = {"top_p": top_p, "max_tokens": max_tokens}
    return Results(
        [row for group in groups(sampled) for row in _rows(group, model.name, k, seed, setting)], sampled
    )


def estimate(counts: dict[str, Any], params: dict[str, Any]) -> dict[str, int]:
    """How many samples an evaluation asks for, and the most tokens they can cost."""
    each = sum(params["n"] if t > 0 else 1 for t in params["temperature"])
    samples = counts.get("problems", 0) * each
    return {"samples": samples, "max_tokens": samples * params["max_tokens"]}


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given["template"], given["n"], given["k"], given["temperature"])


def _check(template: str, n: int, k: Iterable[int], temperature: Iterable[float]) -> None:
    if "{question}" not in template:
        raise LimbeckError(f"accuracy: the template {template!r} has no {{question}}")
    if n < 1:
        raise LimbeckError(f"accuracy: n is {n}; at least one sample per problem is needed")
    for each in k:
        if not 1 <= each <= n:
            raise LimbeckError(f"accuracy: pass@{each} needs 1 <= k <= n, and n is {n}")
    if any(t < 0 for t in temperature):
        raise LimbeckError(f"accuracy: temperatures must not be negative, got {list(temperature)}")


@dataclass(frozen=True)
class _Writer:
    """What all samples of one temperature have in common."""

    model: str
    format: str
    reader: Format
    benchmark: str
    sampling: Sampling

    def trace(self, problem: Problem, index: int, completion: Completion) -> Trace:
        """One completion as a trace."""
        reasoning, answer = self.reader.parse(completion.text)
        s = self.sampling
        params = {
            "temperature": s.temperature, "top_p": s.top_p, "max_tokens": s.max_tokens, "seed": s.seed,
            "sample": index, "benchmark": self.benchmark or benchmark_of(problem),
        }  # fmt: skip
        if completion.error:
            params["error"] = completion.error
        return Trace(
            id=f"{problem.id}#{self.model}-T{s.temperature:g}-{index}", problem_id=problem.id,
            reasoning=reasoning,
            answer=answer, format=self.format, model=self.model, params=params, finish=completion.finish,
            tokens=completion.tokens,
            marks={"length": ["truncated"], "error": ["error"]}.get(completion.finish, []),
        )  # fmt: skip


def _settle(trace: Trace, verdict: Verdict | Future[Verdict] | Exception) -> Trace:
    """Write the verdict into its trace, waiting for it where a worker still thinks."""
    if isinstance(verdict, Future):
        # Any failure of a verifier is that trace's alone: it is recorded as unknown and counted.
        failure = verdict.exception()
        verdict = (
            verdict.result() if failure is None else RuntimeError(f"{type(failure).__name__}: {failure}")
        )
    if isinstance(verdict, Exception):
        verdict = Verdict("", "unknown", reason=str(verdict))
    if trace.finish == "length" and verdict.outcome == "wrong":
        verdict = Verdict(verdict.verifier, "unparsed", verdict.extracted, "truncated")
    trace.verdicts = [verdict]
    return trace


def _verdict(problem: Problem, trace: Trace, verifier: Verifier) -> Verdict | Future[Verdict] | Exception:
    if trace.finish == "error":
        return Verdict("", "unknown", reason="the request failed")
    try:
        return verifier(problem, trace)
    except Exception as error:  # becomes this trace's unknown verdict; the others go on
        return RuntimeError(f"{type(error).__name__}: {error}")


def _verified(
    traces: Iterable[Trace], problems: list[Problem], verifier: Verifier, bar: Progress
) -> list[Trace]:
    """Traces with their verdicts, a window of them being checked at a time."""
    rank = {problem.id: place for place, problem in enumerate(problems)}
    waiting: deque[tuple[Trace, Verdict | Future[Verdict] | Exception]] = deque()
    done = []
    for trace in traces:
        waiting.append((trace, _verdict(problems[rank[trace.problem_id]], trace, verifier)))
        while len(waiting) > _IN_FLIGHT or (waiting and not isinstance(waiting[0][1], Future)):
            done.append(_settle(*waiting.popleft()))
            bar.advance(note=f"T={trace.params['temperature']:g}")
    while waiting:
        done.append(_settle(*waiting.popleft()))
        bar.advance()
    # Completions arrive as they finish; what is stored must not depend on which was faster.
    return sorted(done, key=lambda trace: (rank[trace.problem_id], trace.params["sample"]))


def _report_failures(traces: list[Trace], ctx: Context) -> None:
    failed = [trace for trace in traces if trace.finish == "error"]
    if not failed:
        return
    reason = failed[0].params.get("error", "no reason given")
    if len(failed) == len(traces):
        raise LimbeckError(f"all {len(failed)} requests failed; the first: {reason}")
    ctx.log(f"{len(failed)} of {len(traces)} requests failed and are left out; the first: {reason}")


def _rows(group: Group, model: str, k: Iterable[int], seed: int, setting: dict[str, Any]) -> Iterator[Result]:
    metrics = ["pass@1", *[f"pass@{each}" for each in k if 1 < each <= group.n]]
    metrics += [f"maj@{group.n}"] if group.n > 1 else []
    for metric in [*metrics, "mean_tokens", "truncated", "unparsed", "unverified"]:
        values = np.array(list(per_problem(group, metric).values()))
        if len(values) == 0 or (metric == "unverified" and not values.any()):
            continue
        low, high, name = ops.interval(values, proportion=metric != "mean_tokens")
        yield Result(
            model=model, benchmark=group.benchmark, metric=metric, value=float(values.mean()), low=low,
            high=high,
            n=len(values), samples=group.total, interval=name, seeds=[seed],
            setting={"temperature": group.temperature, **setting, "n": group.n},
        )  # fmt: skip
