"""From saved samples back to one number per problem: what intervals and paired comparisons stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation import ops
from limbeck.records import Data, Problem, Trace
from limbeck.reproduction.claims import METRICS


def benchmark_of(problem: Problem) -> str:
    """The benchmark a problem belongs to: ``source``, with ``/split`` behind it unless the split is
    ``test``."""
    split = "" if problem.split == "test" and problem.source else problem.split
    return "/".join(part for part in (problem.source, split) if part) or "all"


@dataclass(frozen=True)
class Group:
    """The samples of one benchmark at one temperature, by problem id: an empty list where every request
    failed."""

    benchmark: str
    temperature: float
    samples: dict[str, list[Trace]]

    @property
    def n(self) -> int:
        """Samples of the problem that has fewest, of those that have any."""
        return min((len(traces) for traces in self.samples.values() if traces), default=0)

    @property
    def total(self) -> int:
        return sum(len(traces) for traces in self.samples.values())


def groups(data: Data) -> list[Group]:
    """The evaluation's samples, sorted into benchmarks and temperatures in order of first appearance.

    ``trace.params`` names both. A sample whose request failed (``finish`` is ``error``) says nothing of the
    model and is left out.
    """
    found: dict[tuple[str, float], dict[str, list[Trace]]] = {}
    problems = data.problem_by_id()
    for trace in data.traces:
        if "temperature" not in trace.params:
            continue
        benchmark = trace.params.get("benchmark") or benchmark_of(problems[trace.problem_id])
        group = found.setdefault((benchmark, float(trace.params["temperature"])), {})
        samples = group.setdefault(trace.problem_id, [])
        if trace.finish != "error":
            samples.append(trace)
    return [Group(benchmark, temperature, samples) for (benchmark, temperature), samples in found.items()]


def find(data: Data, benchmark: str = "", temperature: float | None = None) -> Group:
    """The one group asked for; either name may be left out where there is only one.

    Raises:
        LimbeckError: when nothing, or more than one group, matches; it lists what there is.
    """
    every = groups(data)
    having = [group for group in every if not benchmark or group.benchmark == benchmark]
    having = [group for group in having if temperature is None or abs(group.temperature - temperature) < 1e-9]
    if len(having) == 1:
        return having[0]
    there = ", ".join(f"{group.benchmark} at T={group.temperature:g}" for group in every) or "none"
    hint = nearest(benchmark, {group.benchmark for group in every}) if benchmark and not having else ""
    wanted = f"benchmark {benchmark!r}, temperature {temperature}"
    count = "no" if not having else "several"
    raise LimbeckError(f"{count} evaluation samples match {wanted}{hint} (there are: {there})")


def _vote(trace: Trace) -> str | None:
    verdict = trace.verdicts[-1] if trace.verdicts else None
    return verdict.extracted.strip() if verdict and verdict.extracted else None


def _right(trace: Trace) -> bool:
    return trace.outcome == "correct"


def _pass(traces: list[Trace], k: int) -> float:
    return float(ops.pass_at_k(len(traces), sum(map(_right, traces)), k))


def _majority(traces: list[Trace], k: int) -> float:
    return ops.maj_at_k([_vote(trace) for trace in traces], [_right(trace) for trace in traces], k)


SHARES: dict[str, Callable[[Trace], bool]] = {
    "truncated": lambda trace: trace.finish == "length",
    "unparsed": lambda trace: trace.outcome == "unparsed" and trace.finish != "length",
    "unverified": lambda trace: trace.outcome in ("timeout", "unknown"),
}


def per_problem(group: Group, metric: str = "pass@1") -> dict[str, float]:
    """One number per problem id: the expectation of ``metric`` over the problem's samples.

    Args:
        metric: ``pass@K`` (unbiased), ``maj@K``, ``mean_tokens`` (completion tokens), or the share of samples
            that are ``truncated`` (cut off at the token limit), ``unparsed`` (ended, but without a readable
            answer) or ``unverified`` (the verifier timed out or failed). ``score@NAME`` is the mean of
            ``trace.scores[NAME]``, samples without one left out. ``reliability`` is ``a + r (1 - r)`` of the
            shares right and refused (verdict ``unknown``; BARREL, arXiv 2505.13529); a problem's is ``a``
            plus its ``r`` times one minus that of all, so that the mean is exact.

    Raises:
        LimbeckError: for an unknown metric, or a ``K`` above the number of samples.
    """
    samples = {pid: traces for pid, traces in group.samples.items() if traces}
    kind, _, text = metric.partition("@")
    if kind in ("pass", "maj") and text.isdigit():
        k = int(text)
        if not 1 <= k <= group.n:
            raise LimbeckError(
                f"{metric} needs {k} samples of every problem, {group.benchmark} has {group.n}"
            )
        chance = _pass if kind == "pass" else _majority
        return {pid: chance(traces, k) for pid, traces in samples.items()}
    if metric == "mean_tokens":
        counted = {
            pid: [trace.tokens for trace in traces if trace.tokens is not None]
            for pid, traces in samples.items()
        }
        return {pid: float(np.mean(tokens)) for pid, tokens in counted.items() if tokens}
    if kind == "score" and text:
        scores = {
            pid: [trace.scores[text] for trace in own if text in trace.scores] for pid, own in samples.items()
        }
        if not any(scores.values()):
            known = {name for own in samples.values() for trace in own for name in trace.scores}
            raise LimbeckError(f"no sample of {group.benchmark} has a score {text!r}{nearest(text, known)}")
        return {pid: float(np.mean(values)) for pid, values in scores.items() if values}
    if metric == "reliability":
        refused = {
            pid: float(np.mean([trace.outcome == "unknown" for trace in own])) for pid, own in samples.items()
        }
        answered = 1 - float(np.mean(list(refused.values()))) if refused else 1.0
        return {pid: _pass(own, 1) + refused[pid] * answered for pid, own in samples.items()}
    if metric not in SHARES:
        raise LimbeckError(f"unknown metric {metric!r}{nearest(metric, METRICS)}")
    return {
        pid: float(np.mean([SHARES[metric](trace) for trace in traces])) for pid, traces in samples.items()
    }
