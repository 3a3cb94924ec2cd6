"""How often a way of reporting is right: tried many times on samples of one model, for whom the truth is
known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from limbeck.errors import LimbeckError
from limbeck.evaluation import ops
from limbeck.evaluation.samples import Group, benchmark_of, groups, like, rows
from limbeck.pipeline import metrics
from limbeck.pipeline.context import Context
from limbeck.records import Data, Problem, Results, Trace, Verdict
from limbeck.types import Count, CountOrNone, Finite

Rule = Literal["interval", "pooled", "once", "paired"]
DRAWS = 1000
HOLDS = {
    "interval": "the interval holds the model's accuracy",
    "pooled": "the interval holds the model's accuracy",
    "once": "no gain is reported of a model over itself",
    "paired": "no gain is reported of a model over itself",
}


def trials(
    data: Data,
    *,
    rule: Rule = "interval",
    problems: Count = 100,
    n: CountOrNone = 0,
    repeats: Count = 400,
    by: Finite = 0.0,
    name: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """Draw some problems and samples again and again, report by a rule, and count how often that is right.

    The truth is the accuracy over all problems and samples, so let there be many more of both than are
    drawn. Rules: ``interval`` is the house's 95% interval (over problems), ``pooled`` Wilson's over all
    samples as if each were a problem of its own; both should hold the truth in 95 of 100. ``once`` reports a
    gain where one sample of each problem is right more often than another one, ``paired`` where the 95%
    interval of the paired difference of ``n`` samples from ``n`` others lies above ``by``: both compare the
    model with itself, so every gain is a false one (arXiv 2506.04734).

    Args:
        problems: drawn in each trial; at most as many as there are.
        n: samples of each problem; 0 takes all there are, for ``paired`` half.
        by: a gain must be larger.
        name: of the model in the results; the rule by default.

    Returns:
        The share of trials that are right, ``pass@1``; a problem and a trace for each trial, without a
        ``temperature``, whose score ``estimate`` is what would have been reported.

    Raises:
        LimbeckError: no problem with enough samples.
    """
    sides = 2 if rule in ("once", "paired") else 1
    group = max(groups(data), key=lambda each: each.total, default=None)
    right_PN = _matrix(group, sides, rule)
    taken = n or right_PN.shape[1] // sides
    if taken * sides > right_PN.shape[1]:
        fewest = right_PN.shape[1]
        raise LimbeckError(f"trials: n={n} takes {taken * sides} samples of a problem, one has {fewest}")
    truth = float(right_PN.mean())
    where = benchmark_of(next(iter(group.problems.values()))) if group else ""
    made = Data()
    for trial in range(repeats):
        rng = np.random.default_rng([seed, trial])
        shown_PN = rng.permuted(right_PN[rng.permutation(len(right_PN))[:problems]], axis=1)
        estimate, good = REPORTED[rule](shown_PN, taken, truth, by, trial)
        asked = Problem(id=f"trial-{trial}", question=HOLDS[rule], source=where, split="trials")
        trace = Trace(id=f"{asked.id}#{rule}", problem_id=asked.id, params={"benchmark": where})
        trace.verdicts = [Verdict("trials", "correct" if good else "wrong")]
        trace.scores, trace.model = {"estimate": estimate}, name or rule
        made.problems.append(asked)
        made.traces.append(trace)
    ctx.log(f"{HOLDS[rule]}: tried {repeats:,} times; the accuracy is {truth:.4f}")
    return Results(
        list(rows(groups(made)[0], [metrics.read("pass@1")], like(name or rule, [seed], n=taken))), made
    )


def _matrix(group: Group | None, least: int, rule: str) -> ops.Array:
    """Whether each sample is right, ``[problems, samples]``: as many samples as the problem with fewest has,
    of those with enough."""
    enough = [each for each in group.samples.values() if len(each) >= least] if group else []
    if not enough:
        raise LimbeckError(f"trials: {rule} needs {least} samples of a problem; none has so many")
    fewest = min(map(len, enough))
    return np.array([[trace.outcome == "correct" for trace in each[:fewest]] for each in enough], dtype=float)


def _interval(shown_PN: ops.Array, n: int, truth: float, by: float, trial: int) -> tuple[float, bool]:
    mean_P = shown_PN[:, :n].mean(axis=1)
    low, high, _ = ops.interval(mean_P, seed=trial)
    return float(mean_P.mean()), low <= truth <= high


def _pooled(shown_PN: ops.Array, n: int, truth: float, by: float, trial: int) -> tuple[float, bool]:
    drawn_PN = shown_PN[:, :n]
    low, high = ops.wilson(float(drawn_PN.sum()), drawn_PN.size)
    return float(drawn_PN.mean()), low <= truth <= high


def _once(shown_PN: ops.Array, n: int, truth: float, by: float, trial: int) -> tuple[float, bool]:
    gain = float(shown_PN[:, 0].mean() - shown_PN[:, 1].mean())
    return gain, gain <= by


def _paired(shown_PN: ops.Array, n: int, truth: float, by: float, trial: int) -> tuple[float, bool]:
    diff_P = shown_PN[:, :n].mean(axis=1) - shown_PN[:, n : 2 * n].mean(axis=1)
    low = float(np.quantile(ops.bootstrap_two_way(diff_P, DRAWS, trial), 0.025))
    return float(diff_P.mean()), low <= by


REPORTED: dict[str, Callable[[ops.Array, int, float, float, int], tuple[float, bool]]] = {
    "interval": _interval,
    "pooled": _pooled,
    "once": _once,
    "paired": _paired,
}
"""By rule: what is reported, and whether it is right."""
