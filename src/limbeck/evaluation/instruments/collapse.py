"""Where accuracy falls along a ladder of models, each compressed more than the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
from msgspec.structs import replace

from limbeck.curation.ops import field_of
from limbeck.errors import LimbeckError, unknown
from limbeck.evaluation.samples import like, place_of
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Result, Results, Trace
from limbeck.types import PositiveShare

DRAWS = 2000
Array = np.ndarray[Any, np.dtype[np.float64]]
Groups = dict[str, list[Trace]]
"""Samples by problem."""


def collapse(
    *data: Data,
    order: tuple[str, ...] = (),
    benchmark: str = "",
    field: str = "",
    keep: tuple[str, ...] = (),
    below: PositiveShare = 0.5,
    outcome: Literal["any", "correct", "wrong"] = "any",
    ladder: str = "ladder",
    name: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """What ever harder compressed models keep of the first one's accuracy, and where on the way it falls.

    Of each but the first: ``drop``, the first's accuracy less its own, ``kept``, its accuracy over the
    first's on the same problems, and ``tokens``. Of the ladder: ``collapse``, the place at which ``kept``
    first falls below a share, on a straight line between its neighbours; the second model is at 1, and one
    beyond the last is where it never falls. Intervals (95%) are bootstraps over problems. The protocol of
    arXiv 2504.02010.

    Args:
        data: samples with verdicts of all models, one set for each or several in one.
        order: the models by name, the uncompressed one first, then from mild to severe; by default all.
        benchmark: whose samples count; all where it is empty.
        field: a field of the problems of which only some values count, those in ``keep``.
        below: share of the first model's accuracy below which a model has collapsed.
        outcome: whose samples' length ``tokens`` is.
        ladder: what the results' benchmark is called, the same for ladders that a claim compares.
        name: of these results' model; by default the benchmark.

    Returns:
        The rows; a problem per model but the first, with a trace whose ``scores`` hold the four numbers,
        without ``temperature``. ``tokens`` is left out where no sample has the outcome, ``kept`` and
        ``collapse`` where the first model is never right.

    Raises:
        LimbeckError: an unknown model, no compressed one, or no common problem.
    """
    samples = _samples(data, lambda problem: not field or str(field_of(problem, field)) in keep, benchmark)
    arms = _named(order, samples)
    groups = [samples[arm] for arm in arms]
    common, right_MP = _common(groups, f"benchmark={benchmark!r}, field={field!r}, keep={[*keep]}")
    drawn_DM = _drawn(right_MP, seed)
    shared = replace(like(name or benchmark or "all", [seed]), benchmark=ladder, n=len(common))
    shared = replace(shared, samples=len(common) * len(arms), interval="bootstrap over problems")
    rows, read = [], Data()
    for at, arm in enumerate(arms[1:], 1):
        noted = replace(shared, setting={"variant": arm})
        drop = float(right_MP[0].mean() - right_MP[at].mean())
        rows.append(_row(replace(noted, metric="drop", unit="share"), drop, drawn_DM[:, 0] - drawn_DM[:, at]))
        scores = {"drop": drop, **_tokens(groups[at], common, outcome)}
        if "tokens" in scores:
            rows.append(replace(noted, metric="tokens", unit="tokens", value=scores["tokens"], interval=""))
        _note(read, arm, shared, scores)
    if right_MP[0].any():
        rows += _kept(right_MP, drawn_DM, shared, below, read)
    where = read.traces[0].scores.get("collapse")
    ctx.log(f"{arms[0]} is never right" if where is None else f"collapses at {where:.2f} of {len(arms) - 1}")
    return Results(rows, read)


def _common(groups: list[Groups], asked: str) -> tuple[list[str], Array]:
    """The problems of which all models have samples, and each one's share right on each, ``[M, P]``."""
    common = [problem for problem in groups[0] if all(problem in group for group in groups)]
    if not common:
        raise LimbeckError(f"collapse: no problem has samples of all models ({asked})")
    return common, np.array([[_right(group[problem]) for problem in common] for group in groups])


def _drawn(right_MP: Array, seed: int) -> Array:
    """Accuracies over problems that are drawn again and again."""
    problems = right_MP.shape[1]
    drawn_DP = np.random.default_rng(seed).integers(problems, size=(DRAWS, problems))
    drawn_DM: Array = right_MP[:, drawn_DP].mean(-1).T
    return drawn_DM


def _note(read: Data, arm: str, shared: Result, scores: dict[str, float]) -> None:
    """A problem that stands for a model, and a trace with its numbers."""
    key = f"{shared.benchmark}/{len(read.problems) + 1}"
    read.problems.append(Problem(id=key, question=arm, source=shared.benchmark))
    trace = Trace(id=f"{key}#{shared.model}", problem_id=key, model=shared.model, scores=scores)
    read.traces.append(replace(trace, params={"benchmark": shared.benchmark}))


def _kept(right_MP: Array, drawn_DM: Array, shared: Result, below: float, read: Data) -> Iterator[Result]:
    """What is kept and where it falls below, as rows; noted in the traces too."""
    kept_M = right_MP[1:].mean(1) / right_MP[0].mean()
    # A draw in which the first model is never right says nothing.
    drawn_DM = drawn_DM[drawn_DM[:, 0] > 0]
    kept_DM = drawn_DM[:, 1:] / drawn_DM[:, :1]
    where = place(kept_M, below)
    places_D = np.array([place(kept, below) for kept in kept_DM])
    yield _row(replace(shared, metric="collapse", unit="steps"), where, places_D)
    for at, trace in enumerate(read.traces):
        noted = replace(shared, setting={"variant": read.problems[at].question}, metric="kept", unit="share")
        yield _row(noted, float(kept_M[at]), kept_DM[:, at])
        trace.scores |= {"kept": float(kept_M[at]), "collapse": where}


def place(kept_M: Array, below: float) -> float:
    """Where a line through (0, 1), (1, kept), (2, kept), … first falls below a share; one beyond the last
    where it does not."""
    before = 1.0
    for at, value in enumerate(kept_M.tolist()):
        if value < below:
            return at + (before - below) / (before - value) if before > below else float(at)
        before = value
    return len(kept_M) + 1.0


def _named(order: tuple[str, ...], known: dict[str, Groups]) -> tuple[str, ...]:
    for each in order:
        if each not in known:
            raise unknown("model", each, known, "collapse")
    arms = order or tuple(known)
    if len(arms) < 2:
        raise LimbeckError(f"collapse: the models are {arms!r}; the first and a compressed one, at least")
    return arms


def _samples(data: tuple[Data, ...], counts: Callable[[Problem], bool], benchmark: str) -> dict[str, Groups]:
    """Samples by model and problem; failed requests and marked problems are left out, and so is what comes
    twice."""
    samples: dict[str, Groups] = {}
    seen: set[str] = set()
    for part in data:
        problems = part.problem_by_id()
        for trace in part.traces:
            problem = problems[trace.problem_id]
            by_problem = samples.setdefault(trace.model, {})
            if trace.finish == "error" or problem.marks or trace.id in seen or not counts(problem):
                continue
            seen.add(trace.id)
            if not benchmark or place_of(trace, problem)[0] == benchmark:
                by_problem.setdefault(problem.id, []).append(trace)
    return samples


def _right(traces: list[Trace]) -> float:
    return float(np.mean([trace.outcome == "correct" for trace in traces]))


def _tokens(group: Groups, common: list[str], outcome: str) -> dict[str, float]:
    traces = [trace for problem in common for trace in group[problem]]
    counts = [each.tokens for each in traces if outcome in ("any", each.outcome) and each.tokens is not None]
    return {"tokens": float(np.mean(counts))} if counts else {}


def _row(blank: Result, value: float, draws_D: Array) -> Result:
    low, high = np.quantile(draws_D, [0.025, 0.975])
    return replace(blank, value=value, low=min(float(low), value), high=max(float(high), value))
