"""Where accuracy falls along a ladder of models, each compressed more than the one before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.evaluation.samples import like, place_of
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Result, Results, Trace
from limbeck.types import PositiveShare

DRAWS = 2000
Array = np.ndarray[Any, np.dtype[np.float64]]


def collapse(
    first: Data,
    *compressed: Data,
    names: tuple[str, ...] = (),
    benchmark: str = "",
    below: PositiveShare = 0.5,
    outcome: Literal["any", "correct", "wrong"] = "any",
    ladder: str = "ladder",
    name: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """What models that are compressed ever more keep of the first one's accuracy, and where on the way they
    lose it.

    Of each but the first: ``kept``, its accuracy over the first's on the same problems, and ``tokens``. Of
    the ladder: ``collapse``, the place at which ``kept`` first falls below a share, from 1 for the second
    model on, on the straight line between its neighbours; one beyond the last where it never does. Intervals
    (95%) are bootstraps over problems. The protocol of arXiv 2504.02010.

    Args:
        first: samples of the uncompressed model with verdicts.
        compressed: those of the others, from mild to severe.
        names: of all models, one for each; by default the writers their samples name.
        benchmark: whose samples count; all where it is empty.
        below: share of the first model's accuracy below which a model has collapsed.
        outcome: whose samples' length ``tokens`` is.
        ladder: what the results' benchmark is called, the same for ladders that a claim compares.
        name: of these results' model; by default the benchmark.
        seed: of the bootstrap.

    Returns:
        The rows; a problem per model but the first, with a trace whose ``scores`` hold ``kept``, ``drop``
        (of accuracy), ``collapse`` and ``tokens``, which is left out where no sample has the outcome. A claim
        on them says ``temperature: null``.

    Raises:
        LimbeckError: no compressed model, names that are not as many, no common problem, or a first model
            that is never right.
    """
    data = (first, *compressed)
    arms = _named(data, names)
    groups = [_samples(each, benchmark) for each in data]
    common = [problem for problem in groups[0] if all(problem in group for group in groups)]
    if not common:
        raise LimbeckError(f"collapse: no problem of benchmark {benchmark!r} has samples of all models")
    right_MP = np.array([[_right(group[problem]) for problem in common] for group in groups])
    if not right_MP[0].any():
        raise LimbeckError(f"collapse: {arms[0]!r} is never right, so nothing can be lost")
    drawn_DP = np.random.default_rng(seed).integers(len(common), size=(DRAWS, len(common)))
    accuracy_DM = right_MP[:, drawn_DP].mean(-1).T
    # A draw in which the first model is never right says nothing.
    accuracy_DM = accuracy_DM[accuracy_DM[:, 0] > 0]
    shared = replace(like(name or benchmark or "all", [seed]), benchmark=ladder, n=len(common))
    shared = replace(shared, samples=len(common) * len(arms), interval="bootstrap over problems")
    kept_DM, kept_M = accuracy_DM[:, 1:] / accuracy_DM[:, :1], right_MP.mean(1)[1:] / right_MP[0].mean()
    places_D = np.array([place(kept, below) for kept in kept_DM])
    where = place(kept_M, below)
    rows = [_row(replace(shared, metric="collapse", unit="steps"), where, places_D)]
    read = Data()
    for at, arm in enumerate(arms[1:], 1):
        tokens = _tokens([trace for problem in common for trace in groups[at][problem]], outcome)
        drop = float(right_MP[0].mean() - right_MP[at].mean())
        scores = {"kept": float(kept_M[at - 1]), "drop": drop, "collapse": where, **tokens}
        rows += _of(replace(shared, setting={"variant": arm}), scores, kept_DM[:, at - 1])
        read.problems.append(Problem(id=f"{ladder}/{at}", question=arm, source=ladder))
        trace = Trace(id=f"{ladder}/{at}#{shared.model}", problem_id=f"{ladder}/{at}", model=shared.model)
        read.traces.append(replace(trace, params={"benchmark": ladder}, scores=scores))
    ctx.log(f"{shared.model}: collapses at {where:.2f} of {len(arms) - 1}")
    return Results(rows, read)


def place(kept_M: Array, below: float) -> float:
    """Where a line through (0, 1), (1, kept), (2, kept), … first falls below a share; one beyond the last
    where it does not."""
    before = 1.0
    for at, value in enumerate(kept_M.tolist()):
        if value < below:
            return at + (before - below) / (before - value) if before > below else float(at)
        before = value
    return len(kept_M) + 1.0


def _named(data: tuple[Data, ...], names: tuple[str, ...]) -> list[str]:
    arms = list(names) or [each.traces[0].model if each.traces else "" for each in data]
    if len(data) < 2 or len(arms) != len(data):
        raise LimbeckError(
            f"collapse: {len(arms)} names for {len(data)} models; the first and a compressed one, at least"
        )
    return arms


def _samples(data: Data, benchmark: str) -> dict[str, list[Trace]]:
    """Samples by problem, failed requests left out."""
    problems = data.problem_by_id()
    samples: dict[str, list[Trace]] = {}
    for trace in data.traces:
        problem = problems[trace.problem_id]
        if trace.finish == "error" or problem.marks:
            continue
        if not benchmark or place_of(trace, problem)[0] == benchmark:
            samples.setdefault(problem.id, []).append(trace)
    return samples


def _right(traces: list[Trace]) -> float:
    return float(np.mean([trace.outcome == "correct" for trace in traces]))


def _tokens(traces: list[Trace], outcome: str) -> dict[str, float]:
    counts = [each.tokens for each in traces if outcome in ("any", each.outcome) and each.tokens is not None]
    return {"tokens": float(np.mean(counts))} if counts else {}


def _of(noted: Result, scores: dict[str, float], kept_D: Array) -> Iterator[Result]:
    yield _row(replace(noted, metric="kept", unit="share"), scores["kept"], kept_D)
    if "tokens" in scores:
        yield replace(noted, metric="tokens", unit="tokens", value=scores["tokens"], interval="")


def _row(blank: Result, value: float, draws_D: Array) -> Result:
    low, high = np.quantile(draws_D, [0.025, 0.975])
    return replace(blank, value=value, low=min(float(low), value), high=max(float(high), value))
