"""How well a gate catches the fault that it is for: its marks against planted faults."""

from __future__ import annotations

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

    Looked at are problems with one of the faults, and clean ones; a problem is caught when it or one of its
    traces bears one of the marks. Other faults are other gates' and are left out. Intervals are Wilson's,
    over problems.

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
    groups, samples, hits, false = data.by_problem(), list[Trace](), 0, 0
    looked = [problem for problem in data.problems if problem.meta.get(field) in {*fault, *clean}]
    for problem in looked:
        traces = groups.get(problem.id, [])
        is_caught = any({*marks} & {*each.marks} for each in (problem, *traces))
        at_fault = problem.meta.get(field) in fault
        hits, false = hits + (is_caught and at_fault), false + (is_caught and not at_fault)
        noted = {"recall": float(is_caught)} if at_fault else {"left": float(not is_caught)}
        samples += [replace(trace, scores={**trace.scores, **noted}) for trace in traces[:1]]
    label = benchmark_of(looked[0])
    results = []
    for metric, count in (("precision", hits + false), ("recall", len(faulty))):
        if not count:
            ctx.log(f"{name} catches nothing, so it has no precision")
            continue
        low, high = wilson(hits, count)
        told = {"low": low, "high": high, "interval": "Wilson over problems", "unit": "share"}
        results.append(
            Result(
                model=name,
                benchmark=label,
                metric=metric,
                value=hits / count,
                n=count,
                samples=count,
                seeds=[seed],
                **told,
            )
        )
    bare = [replace(problem, marks=[]) for problem in looked]
    return Results(results, Data(bare, [stored(trace, label) for trace in samples]))
