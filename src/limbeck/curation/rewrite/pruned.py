"""Traces without the steps that do least for their answer."""

from __future__ import annotations

import math
import random
from typing import Any, Literal

from limbeck.curation.ops import marked
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace
from limbeck.texts.parts import check_kinds, parts_of, without
from limbeck.types import PositiveShare

SUFFIX, FULL = "/pruned", "full"


def pruned(
    data: Data,
    *,
    share: PositiveShare = 0.5,
    below: float | None = None,
    kinds: tuple[str, ...] = ("check", "method", "correction"),
    choose: Literal["impact", "random"] = "impact",
    score: str = "impact",
    seed: int = 0,
    ctx: Context,
) -> Data:
    """Drop of each kept trace's checks, further methods and corrections the share of least impact (PIR).

    LIMOPro, arXiv 2505.19187, section 3: a step's impact, as `teachers/step_impact` scores it, is the
    logarithm of the answer's perplexity without it over that with it. Steps that go on themselves stay.

    Args:
        data: traces that `curation/segmented` cut, scored over the same steps.
        share: of a trace's steps of these kinds, rounded down, that go.
        below: only steps of less impact than this go, in nats per token; 0 is a step that helps in nothing.
        kinds: what may go; all kinds of `limbeck.texts.parts.KINDS` prune by perplexity alone (SPIRIT).
        choose: ``random`` drops as many of the same kinds at random, a control; it reads no score.
        score: the name that the scores have before ``/0``, ``/1``, ….

    Returns:
        The data with a shorter trace ``ID/pruned`` for each that lost a step; its source is marked ``full``.
        None is verified: a verifier behind this stage says which may be kept. How many steps went, and how
        many traces have no labelled or scored steps, is told.

    Raises:
        LimbeckError: an unknown kind.
    """
    check_kinds(kinds, "curation/pruned")
    kept, taken = data.kept(), {trace.id for trace in data.traces}
    made: dict[str, Trace] = {}
    steps = went = unfit = 0
    for trace in kept:
        parts = parts_of(trace)
        may_go = [step for step, part in enumerate(parts) if part.kind in kinds]
        impacts = _impacts(trace, len(parts), may_go, score if choose == "impact" else "", seed)
        if not parts or len(impacts) < len(may_go):
            unfit += 1
            continue
        ranked = sorted(may_go, key=lambda step: impacts[step])[: int(share * len(may_go))]
        dropped = [step for step in ranked if below is None or impacts[step] < below]
        steps, went = steps + len(may_go), went + len(dropped)
        if dropped and trace.id + SUFFIX not in taken:
            made[trace.id] = without(trace, dropped, trace.id + SUFFIX)
    needs = "curation/segmented" + (" and teachers/step_impact" if choose == "impact" else "")
    ctx.log(
        f"{went:,} of {steps:,} such steps dropped from {len(made):,} of {len(kept):,} traces, verify these "
        f"before use; {unfit:,} lack what {needs} gives and stay as they are"
    )
    traces = [marked(trace, FULL) if trace.id in made else trace for trace in data.traces]
    return Data(data.problems, [*traces, *made.values()], data.pairs)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    check_kinds(given["kinds"], "curation/pruned")


def _impacts(trace: Trace, count: int, steps: list[int], score: str, seed: int) -> dict[int, float]:
    """A number for each step that may go, the least first; none for a step whose score is missing, not a
    number, or of another cutting than the parts."""
    if not score:
        draws = random.Random(f"{seed}/{trace.id}")
        return {step: -draws.random() for step in steps}
    values = {step: trace.scores.get(f"{score}/{step}", math.nan) for step in steps}
    further = f"{score}/{count}" in trace.scores
    return {step: value for step, value in values.items() if not math.isnan(value) and not further}
