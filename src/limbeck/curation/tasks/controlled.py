"""Questions that say what their thought shall be like, each with the traces that are like that."""

from __future__ import annotations

import random
from typing import Any

from msgspec.structs import replace

from limbeck.curation.ops import number_of
from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Trace
from limbeck.texts.control import Control, check_levels, level_of
from limbeck.texts.messages import asked_id, context_of

WHERE = "curation/controlled"
Dials = dict[str, tuple[str, float, float]]
Levels = dict[str, int]


def controlled(
    data: Data,
    *,
    dials: dict[str, tuple[str, float, float]],
    levels: tuple[int, ...] = (),
    control: Control = Control(),
    seed: int = 0,
    ctx: Context,
) -> Data:
    """Ask each unmarked problem with the control fields of each of its kept traces (Control-R).

    ArXiv 2506.00189, conditional distillation: several traces of a question no longer contradict each other
    where the question says which of them is wanted. `curation/rated` with the scales of
    `limbeck.texts.control.ATTRIBUTES` has a model annotate traces; ``{search_depth: [rating/search_depth, 1,
    10]}`` reads what it says.

    Args:
        dials: for each attribute the number of a trace that it stands for, a score or a parameter, and the
            values that are level 0 and level 9.
        levels: draw each question's levels from these in place of its traces' own: an exam, on problems
            without traces, or with them a control that teaches nothing of the dials.
        seed: of these draws.

    Returns:
        The questions with control fields alone, ``meta["control"]`` having the levels, each also as
        ``meta["control_NAME"]``, and ``meta["problem_id"]`` the problem it was, with the traces that have
        these levels. A trace without one of the numbers is left out; how many is told.

    Raises:
        LimbeckError: no dial, one whose values are the same, a level beyond 9, a template without its fields.
    """
    _check(dials, levels, control)
    made = Data()
    groups, missing = Data(data.problems, data.kept()).by_problem(), 0
    for problem in data.problems:
        if problem.marks:
            continue
        traces = groups.get(problem.id, [])
        if levels:
            rng = random.Random(f"controlled/{seed}/{problem.id}")
            asked = [({name: rng.choice(levels) for name in dials}, traces)]
        else:
            asked, left_out = _grouped(traces, dials)
            missing += left_out
        for wanted, fitting in asked:
            _add(made, problem, wanted, fitting, control)
    if missing:
        ctx.log(f"{missing:,} traces have no number for one of {', '.join(dials)} and are left out")
    return made


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    _check(given["dials"], given["levels"], Control.of(given))


def _check(dials: Dials, levels: tuple[int, ...], control: Control) -> None:
    control.check(WHERE)
    check_levels(dict.fromkeys(dials, 0), WHERE)
    for level in levels:
        check_levels({"levels": level}, WHERE)
    for name, (field, low, high) in dials.items():
        if low == high:
            raise LimbeckError(f"{WHERE}: dials.{name}=[{field}, {low:g}, {high:g}]: two different values")


def _grouped(traces: list[Trace], dials: Dials) -> tuple[list[tuple[Levels, list[Trace]]], int]:
    """Traces by their levels, and how many have none."""
    groups: dict[tuple[int, ...], list[Trace]] = {}
    missing = 0
    for trace in traces:
        values = [number_of(trace, field) for field, _, _ in dials.values()]
        if any(value is None for value in values):
            missing += 1
            continue
        bounds = zip(values, dials.values(), strict=True)
        wanted = tuple(level_of(value, low, high) for value, (_, low, high) in bounds if value is not None)
        groups.setdefault(wanted, []).append(trace)
    return [(dict(zip(dials, wanted, strict=True)), each) for wanted, each in groups.items()], missing


def _add(made: Data, problem: Problem, wanted: Levels, traces: list[Trace], control: Control) -> None:
    question = control.put(problem.question, wanted)
    name = asked_id(question, context_of(problem))
    each = {f"control_{attribute}": level for attribute, level in wanted.items()}
    meta = {**problem.meta, "control": wanted, **each, "problem_id": problem.id}
    made.problems.append(replace(problem, id=name, question=question, meta=meta))
    suffix = "".join(map(str, wanted.values()))
    made.traces += [replace(trace, id=f"{trace.id}/{suffix}", problem_id=name) for trace in traces]
