"""Traces with one planted defect each, beside the traces that they were made from."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

from msgspec.structs import replace

from limbeck.curation.ops import lot
from limbeck.errors import unknown
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.corruption import Kind, spoil
from limbeck.texts.steps import Cutting, ends
from limbeck.types import Shards

FOREIGN = "foreign"
KINDS = ("operand", "sum", "order", "useless", "shuffled", "contradicting", "repeated", "foreign")


def corrupted(
    shards: Shards,
    *,
    kinds: tuple[str, ...] = KINDS,
    cutting: Cutting = Cutting(by="lines"),
    seed: int = 0,
    ctx: Context,
) -> Iterator[Data]:
    """Put beside each kept trace whose steps are plain sums a copy with each kind of defect.

    Step by step: ``operand`` (a number from nowhere), ``sum`` (a wrong result), ``order`` (a step behind the
    first that needs it), ``useless`` (a right sum that nothing uses); what depends on a changed number is
    computed anew. As a whole: ``shuffled`` steps, a ``contradicting`` answer, a wrong sum that is
    ``repeated`` at the end, the reasoning and answer of a ``foreign`` problem. A trace without a place for a
    defect has no such copy; how many is told.

    Args:
        kinds: the defects that are planted.
        cutting: where steps begin.

    Returns:
        The data; ``params["defect"]`` is the kind, empty for the trace as it was, and
        ``params["defect_step"]`` the step at fault, counted from 0, -1 where no single one is. A copy has no
        verdict, and the trace it was made from as its parent.

    Raises:
        LimbeckError: an unknown kind of defect.
    """
    _check(kinds)
    others = _others(shards, seed) if FOREIGN in kinds else {}
    counts: Counter[str] = Counter()
    for data in shards:
        problems = data.problem_by_id()
        kept = {trace.id for trace in data.kept() if trace.problem_id in problems}
        traces = list[Trace]()
        for trace in data.traces:
            if trace.id not in kept or not trace.reasoning or "defect" in trace.params:
                traces.append(trace)
                continue
            traces.append(_noted(trace, "", -1))
            for kind in kinds:
                copy = _spoiled(trace, problems[trace.problem_id], kind, cutting, others, seed)
                counts[kind] += copy is None
                traces += [copy] if copy is not None else []
        yield Data(data.problems, traces, data.pairs)
    if lacking := {kind: count for kind, count in counts.items() if count}:
        ctx.log(", ".join(f"{count:,} traces have no place for {kind}" for kind, count in lacking.items()))


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    _check(given["kinds"])


def _check(kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of defect", kind, KINDS, "curation/corrupted")


def _others(shards: Shards, seed: int) -> dict[str, Trace]:
    """For each problem the first trace of the next one, in an order that no shard knows."""
    first: dict[str, Trace] = {}
    for data in shards:
        for trace in data.kept():
            if trace.reasoning:
                first.setdefault(trace.problem_id, trace)
    order = sorted(first, key=lambda name: lot(seed, name))
    return {name: first[order[at - 1]] for at, name in enumerate(order)} if len(order) > 1 else {}


def _spoiled(
    trace: Trace, problem: Problem, kind: str, cutting: Cutting, others: dict[str, Trace], seed: int
) -> Trace | None:
    if kind == FOREIGN:
        other = others.get(trace.problem_id)
        return None if other is None else _copy(trace, kind, other.reasoning, other.answer, -1)
    cuts = ends(trace.reasoning, cutting)
    begins = [0, *cuts[:-1]]
    steps = [trace.reasoning[begin:end].strip("\n") for begin, end in zip(begins, cuts, strict=True)]
    rng = random.Random(f"corrupted/{seed}/{trace.id}/{kind}")
    made = spoil(_kind(kind), steps, problem.question, trace.answer, rng)
    if made is None:
        return None
    shown, answer, at = made
    tail = trace.reasoning[len(trace.reasoning.rstrip("\n")) :]
    return _copy(trace, kind, "\n".join(shown) + tail, answer, at)


def _kind(kind: str) -> Kind:
    return next(each for each in get_args(Kind) if each == kind)


def _copy(trace: Trace, kind: str, reasoning: str, answer: str, at: int) -> Trace:
    copy = replace(trace, id=f"{trace.id}/{kind}", reasoning=reasoning, answer=answer, parents=[trace.id])
    return _noted(replace(copy, verdicts=[], scores={}, weights=[], tokens=None), kind, at)


def _noted(trace: Trace, kind: str, at: int) -> Trace:
    return replace(trace, params={**trace.params, "defect": kind, "defect_step": at})
