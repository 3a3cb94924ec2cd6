"""How well a gate catches the fault that it is for: its marks against planted faults."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation.ops import wilson
from limbeck.evaluation.samples import benchmark_of, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Result, Results, Trace


def caught(
    data: Data,
    *,
    marks: tuple[str, ...],
    fault: tuple[str, ...] = (),
    clean: tuple[str, ...] = ("",),
    name: str = "gate",
    field: str = "fault",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Precision and recall of a gate's marks, with intervals, where it is known what is at fault.

    Counted are problems with one of the faults, and clean ones; a problem is caught when it or one of its
    traces bears one of the marks. Other faults are other gates': they are among the samples, so that gates
    can be paired, and have no score. Intervals are Wilson's, over problems.

    Args:
        marks: of the gate.
        fault: values of ``meta[field]`` that the gate is for.
        clean: values that mean no fault.
        name: of the gate in the results.

    Returns:
        ``precision`` (of what is caught, how much is at fault), ``recall`` (of what is at fault, how much is
        caught). Samples bear ``scores["recall"]`` where they are at fault, 1 when caught, and
        ``scores["left"]`` where they are clean, 1 when not, so that a claim may compare ``score@recall``.

    Raises:
        LimbeckError: no problem is at fault.
    """
    faulty = [problem for problem in data.problems if problem.meta.get(field) in fault]
    if not faulty:
        known = {str(problem.meta.get(field)) for problem in data.problems}
        hint = nearest(fault[0], known) if fault else ""
        raise LimbeckError(f"caught: no problem's meta[{field!r}] is one of {list(fault)}{hint}")
    groups, samples = data.by_problem(), list[Trace]()
    caught_of = Counter[bool]()
    for problem in data.problems:
        traces, value = groups.get(problem.id, []), problem.meta.get(field)
        borne = {*problem.marks}.union(*(trace.marks for trace in traces))
        is_caught, noted = not borne.isdisjoint(marks), dict[str, float]()
        if value in fault or value in clean:
            caught_of[value in fault] += is_caught
            noted = {"recall": float(is_caught)} if value in fault else {"left": float(not is_caught)}
        samples += [replace(trace, scores={**trace.scores, **noted}) for trace in traces[:1]]
    if not caught_of.total():
        ctx.log(f"{name} catches nothing, so it has no precision")
    label = benchmark_of(data.problems[0])
    sizes = {"precision": caught_of.total(), "recall": len(faulty)}
    made = [_share(name, label, metric, caught_of[True], n, seed) for metric, n in sizes.items() if n]
    bare = [replace(problem, marks=[]) for problem in data.problems]
    return Results(made, Data(bare, [stored(trace, label) for trace in samples]))


def _share(name: str, benchmark: str, metric: str, hits: int, n: int, seed: int) -> Result:
    low, high = wilson(hits, n)
    return Result(
        model=name,
        benchmark=benchmark,
        metric=metric,
        value=hits / n,
        low=low,
        high=high,
        n=n,
        samples=n,
        unit="share",
        interval="Wilson over problems",
        seeds=[seed],
    )
