"""How good a filter of questions is: its marks against what is known of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation._shares import ratio
from limbeck.evaluation.ops import wilson
from limbeck.evaluation.samples import benchmark_of
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Result, Results, Trace, Verdict

DRAWS = 2000


def questions(
    data: Data,
    *,
    truth: str = "valid",
    kind: str = "defect",
    name: str = "filter",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Precision, recall and F1 of a filter that left some questions without a mark, for the class of valid
    questions.

    Rows: ``precision`` (of the questions without a mark, how many are valid), ``recall`` (of the valid ones,
    how many have none), ``f1``, ``kept`` (share without a mark), ``base`` (share that is valid), and for each
    kind of defect ``caught/KIND`` (share with a mark). Shares have Wilson's 95% intervals, ``f1`` a
    bootstrap's over questions.

    Args:
        truth: key of the problems' ``meta`` that says whether a question is valid; questions without it are
            left out.
        kind: key of ``meta`` that names the defect.
        name: of the filter in the results.
        benchmark: one name for all; by default source and split of the first problem.

    Returns:
        The rows; one trace per question, without text or ``temperature``, ``correct`` where the filter is
        right, its scores ``precision``, ``recall``, ``f1``, ``kept`` and ``caught/KIND`` whose means are those
        numbers, for claims.

    Raises:
        LimbeckError: no question has the key.
    """
    asked = [problem for problem in data.problems if isinstance(problem.meta.get(truth), bool)]
    if not asked:
        keys = {key for problem in data.problems for key in problem.meta}
        raise LimbeckError(f"questions: no problem says meta[{truth!r}] true or false{nearest(truth, keys)}")
    if left := len(data.problems) - len(asked):
        ctx.log(f"{left:,} questions left out, without meta[{truth!r}]")
    valid_N = np.array([problem.meta[truth] for problem in asked])
    kept_N = np.array([not problem.marks for problem in asked])
    shares = _shares(valid_N, kept_N) | _caught(asked, kept_N, kind)
    f1 = (2.0 * (valid_N & kept_N), 1.0 * kept_N + valid_N)
    pairs = {"f1": f1, **{name: pair for name, pair in shares.items() if name != "base"}}
    scores = {metric: values for metric, pair in pairs.items() if not np.isnan(values := ratio(*pair)).any()}
    where = benchmark or benchmark_of(asked[0])
    traces = []
    for place, problem in enumerate(asked):
        trace = Trace(id=f"{problem.id}#{name}", problem_id=problem.id, model=name)
        trace.params = {"benchmark": where}
        trace.verdicts = [_verdict(problem, bool(valid_N[place] == kept_N[place]))]
        trace.scores = {metric: float(values[place]) for metric, values in scores.items()}
        traces.append(trace)
    common: dict[str, Any] = {"model": name, "benchmark": where, "seeds": [seed], "unit": "share"}
    return Results(_rows(shares, f1, common, seed), Data(data.problems, traces))


Pair = tuple[np.ndarray, np.ndarray]
"""What is counted and among what, question by question."""


def _shares(valid_N: np.ndarray, kept_N: np.ndarray) -> dict[str, Pair]:
    """Every share but those of single defects."""
    all_N = np.ones_like(kept_N)
    hits_N = valid_N & kept_N
    return {
        "precision": (hits_N, kept_N),
        "recall": (hits_N, valid_N),
        "kept": (kept_N, all_N),
        "base": (valid_N, all_N),
    }


def _caught(asked: list[Problem], kept_N: np.ndarray, kind: str) -> dict[str, Pair]:
    """For each kind of defect the questions that have it, and those of them that are marked."""
    caught = {}
    for defect in sorted({str(problem.meta.get(kind) or "") for problem in asked} - {""}):
        have_N = np.array([problem.meta.get(kind) == defect for problem in asked])
        caught[f"caught/{defect}"] = (have_N & ~kept_N, have_N)
    return caught


def _rows(shares: dict[str, Pair], f1: Pair, common: dict[str, Any], seed: int) -> list[Result]:
    """The numbers with their intervals, where there is anything to count."""
    results = []
    for metric, (above_N, under_N) in shares.items():
        if n := int(under_N.sum()):
            low, high = wilson(int(above_N.sum()), n)
            value, how = float(above_N.sum() / n), "Wilson over questions"
            results.append(
                Result(**common, metric=metric, value=value, low=low, high=high, n=n, samples=n, interval=how)
            )
    if f1[1].sum():
        low, high = _interval(*f1, seed)
        value, n, how = float(f1[0].sum() / f1[1].sum()), len(f1[0]), "bootstrap over questions"
        results.append(
            Result(**common, metric="f1", value=value, low=low, high=high, n=n, samples=n, interval=how)
        )
    return results


def _verdict(problem: Problem, right: bool) -> Verdict:
    return Verdict("questions", "correct" if right else "wrong", reason=", ".join(problem.marks))


def _interval(above_N: np.ndarray, under_N: np.ndarray, seed: int) -> tuple[float, float]:
    """95% of a ratio of sums over draws of questions."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(max(len(above_N) - 1, 1), np.full(len(above_N), 1 / len(above_N)), size=DRAWS)
    low, high = np.nanquantile((weights @ above_N) / np.maximum(weights @ under_N, 1e-12), [0.025, 0.975])
    return float(low), float(high)
