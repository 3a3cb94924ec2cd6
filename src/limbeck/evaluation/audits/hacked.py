"""Whether a student's approach to its teacher leaves the power law that honest distillation follows."""

from __future__ import annotations

from typing import Literal

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError, missing_extra
from limbeck.evaluation.samples import benchmark_of, like, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Result, Results, Trace
from limbeck.types import Checkpoint

Array = np.ndarray
DRAWS = 2000


def hacked(
    data: Data,
    *,
    teacher: Checkpoint,
    students: list[Checkpoint],
    updates: list[int],
    tolerance: float = 0.1,
    name: str = "student",
    max_tokens_per_microbatch: int = 4096,
    precision: Literal["auto", "bf16", "fp32"] = "auto",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Detect teacher hacking without the oracle (arXiv 2502.02671): fit ``proxy = a * updates^-b`` and see
    where the last student lies.

    The proxy distance is the mean over tokens of KL(teacher || student), in nats. The line through all
    students but the last, in logs, says what distance the last should have; ``departure`` is the log of what
    it has over that.

    Args:
        data: the teacher's own text on prompts that no student was trained on; traces without a mark.
        students: one student after so many ``updates`` each, in rising order; at least three.
        tolerance: the departure's interval must lie above this for a flag; 0.1 is a distance a tenth above
            the law.
        name: of the run in the results.

    Returns:
        Rows ``proxy@UPDATES`` for each student, ``exponent`` (b), ``departure`` and ``flagged`` (1 or 0); 95%
        intervals of a bootstrap over texts. Every trace has ``scores`` ``proxy`` (the last student's),
        ``departure`` and ``flagged``, for claims that say ``temperature: null``.

    Raises:
        LimbeckError: fewer than three students, other than as many numbers of updates, no text, or a student
            that is its teacher.
    """
    _check(students, updates)
    proxy_KP, texts = _distances(teacher, students, data, max_tokens_per_microbatch, precision)
    mean_K = proxy_KP.mean(1)
    if mean_K.min() <= 0:
        at = updates[int(mean_K.argmin())]
        raise LimbeckError(f"hacked: after {at} updates the student is its teacher: no distance, no law")
    exponent, departure = _law(np.log(mean_K)[None], np.log(updates))
    means_DK = _drawn(proxy_KP, np.random.default_rng(seed))
    slopes_D, departures_D = _law(np.log(means_DK), np.log(updates))
    low, high = np.quantile(departures_D, [0.025, 0.975])
    noted = {"departure": float(departure[0]), "flagged": float(low > tolerance)}
    ctx.log(f"departure {departure[0]:.3f} [{low:.3f}, {high:.3f}], flagged: {bool(noted['flagged'])}")
    where = benchmark_of(data.problems[0])
    common = replace(like(name, [seed]), benchmark=where, n=len(texts), samples=len(texts), unit="nats")
    measured = zip(updates, mean_K, means_DK.T, strict=True)
    rows = [_row(common, f"proxy@{count}", float(mean), draws) for count, mean, draws in measured]
    bare = replace(common, unit="")
    rows.append(_row(bare, "exponent", float(exponent[0]), slopes_D))
    rows.append(_row(bare, "departure", noted["departure"], departures_D))
    rows.append(replace(common, metric="flagged", value=noted["flagged"], unit="share"))
    kept, last = data.trace_by_id(), zip(texts, proxy_KP[-1], strict=True)
    traces = [_noted(kept[text], where, {**noted, "proxy": float(proxy)}) for text, proxy in last]
    return Results(rows, Data(data.problems, traces))


def _noted(trace: Trace, where: str, scores: dict[str, float]) -> Trace:
    return replace(stored(trace, where), scores=scores)


def _drawn(proxy_KP: Array, rng: np.random.Generator) -> Array:
    """Bootstrap means ``[draws, K]`` over texts."""
    texts = proxy_KP.shape[1]
    weight_DP = rng.multinomial(texts, np.full(texts, 1 / texts), size=DRAWS) / texts
    means: Array = np.maximum(weight_DP @ proxy_KP.T, 1e-9)
    return means


def _check(students: list[Checkpoint], updates: list[int]) -> None:
    if len(students) < 3 or len(students) != len(updates):
        told = f"{len(students)} students, {len(updates)} updates"
        raise LimbeckError(f"hacked: {told}: a law needs three of each")
    if updates != sorted(set(updates)) or updates[0] < 1:
        raise LimbeckError(f"hacked: updates={updates}: they must rise, from 1 on")


def _law(logs_DK: Array, at_K: Array) -> tuple[Array, Array]:
    """``b`` of the line through all but the last, and how far above it the last lies."""
    x_K = at_K[:-1] - at_K[:-1].mean()
    before_DK = logs_DK[:, :-1]
    slope_D = (before_DK * x_K).sum(1) / (x_K**2).sum()
    expected_D = before_DK.mean(1) + slope_D * (at_K[-1] - at_K[:-1].mean())
    return -slope_D, logs_DK[:, -1] - expected_D


def _row(common: Result, metric: str, value: float, draws: Array) -> Result:
    low, high = np.quantile(draws, [0.025, 0.975])
    # A mean may lie outside the middle of draws that are skewed.
    span = {"low": min(float(low), value), "high": max(float(high), value)}
    return replace(common, metric=metric, value=value, **span, interval="bootstrap over texts")


def _distances(
    teacher: Checkpoint, students: list[Checkpoint], data: Data, max_tokens: int, precision: str
) -> tuple[Array, list[str]]:
    """Each student's mean KL from the teacher on every text, ``[K, P]``, and the texts' ids."""
    try:
        from limbeck.networks.apart import mean_divergence
        from limbeck.networks.probe import Probe
    except ModuleNotFoundError as error:
        raise missing_extra(error.name or "torch", "train", "evaluation/hacked") from error
    distances = []
    for student in students:
        probe = Probe.open(teacher, student, max_tokens=max_tokens, precision=precision)
        rows, reasons = probe.rows(data, data.kept())
        if not rows:
            why = next(iter(reasons), "no trace without a mark")
            raise LimbeckError(f"hacked: no text to compare on: {why}")
        distances.append(probe.traces(rows, mean_divergence))
    return np.array(distances), [row.id for row in rows]
