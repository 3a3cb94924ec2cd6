"""Labels of steps from their values: where a trace goes wrong."""

from __future__ import annotations

import math
from typing import Literal

from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.records import Data, Trace, Verdict


def process_labels(
    data: Data,
    *,
    score: str = "value",
    rule: Literal["zero", "drop"] = "zero",
    margin: float = 0.5,
    kind: Literal["hard", "soft"] = "hard",
    label: str = "label",
) -> Data:
    """Find the first wrong step from the steps' values, as a verdict, and label steps 1 or 0, or by their
    value.

    ``zero``: the first step from which on no continuation succeeds. ``drop``: the first whose value lies more
    than ``margin`` below that of the step before it (``value/start`` for the first), which also finds
    blunders that can still be mended. Values come from `teachers/step_values`, searched ones too.

    Args:
        score: the values are ``scores["value/0"]``, …
        kind: ``hard`` labels every step before the first wrong one 1, that one 0 and none behind it, for what
            follows a mistake is not judged by it; ``soft`` labels each valued step with its value
            (Math-Shepherd, arXiv 2312.08935, eq. 2 and 3).
        label: labels are ``scores["label/0"]``, …

    Returns:
        The data. Each trace with values has one more verdict: ``extracted`` is the first wrong step, counted
        from 0, and empty where there is none; ``unknown`` where a missing value leaves it open.

    Raises:
        LimbeckError: a negative ``margin``, or no trace has such values.
    """
    if not 0 <= margin <= 1 or math.isnan(margin):
        raise LimbeckError(f"margin={margin}: values lie between 0 and 1, and so does their difference")
    known = {name.rpartition("/")[0] for trace in data.traces for name in trace.scores if "/" in name}
    if data.traces and score not in known:
        raise LimbeckError(
            f"no trace has values {score!r}{nearest(score, known)}; run teachers/step_values first"
        )
    return Data(
        data.problems,
        [_labelled(trace, score, rule, margin, kind, label) for trace in data.traces],
        data.pairs,
    )


def _labelled(trace: Trace, score: str, rule: str, margin: float, kind: str, label: str) -> Trace:
    values = _values(trace, score)
    if not any(step >= 0 for step in values):
        return trace
    first, gap, why = _zero(values) if rule == "zero" else _drop(values, margin)
    if gap:
        verdict = Verdict("process_labels", "unknown", reason=why)
    elif first is None:
        verdict = Verdict("process_labels", "correct", "", why)
    else:
        verdict = Verdict("process_labels", "wrong", str(first), why)
    last = max(values)
    labels: dict[int, float] = {}
    if kind == "soft":
        labels = {step: value for step, value in values.items() if step >= 0}
    elif not gap:
        labels = dict.fromkeys(range(last + 1 if first is None else first), 1.0)
        if first is not None:
            labels[first] = 0.0
    scores = {**trace.scores, **{f"{label}/{step}": value for step, value in labels.items()}}
    return replace(trace, verdicts=[*trace.verdicts, verdict], scores=scores)


def _values(trace: Trace, score: str) -> dict[int, float]:
    """Values by step; -1 is the start."""
    values = {}
    for name, value in trace.scores.items():
        stem, _, step = name.rpartition("/")
        if stem == score and (step == "start" or step.isdecimal()):
            values[-1 if step == "start" else int(step)] = value
    return dict(sorted(values.items()))


def _zero(values: dict[int, float]) -> tuple[int | None, bool, str]:
    """The first dead step, whether a gap leaves it open, and why."""
    # A step that is followed by a living one is not dead, however few of its own continuations succeeded.
    alive = max((step for step, value in values.items() if step >= 0 and value > 0), default=-1)
    dead = next((step for step in values if step > alive), None)
    if dead is None:
        return None, False, "every step can still succeed"
    if dead == 0 and values.get(-1) == 0:
        return None, True, "nothing succeeds from the start either"
    if dead > 0 and dead - 1 != alive:
        return None, True, f"step {dead} is dead, of step {dead - 1} nothing is known"
    return dead, False, f"no continuation succeeds after step {dead}"


def _drop(values: dict[int, float], margin: float) -> tuple[int | None, bool, str]:
    before = values.get(-1)
    for step in range(max(values) + 1):
        value = values.get(step)
        if value is None:
            return None, True, f"step {step} has no value"
        if before is not None and before - value > margin:
            return step, False, f"from {before:.2f} to {value:.2f} at step {step}"
        before = value
    return None, False, f"no step loses more than {margin:g}"
