"""How well scores of traces tell wrong ones from right ones."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError, nearest
from limbeck.evaluation.instruments._ranking import auc_by_problem
from limbeck.evaluation.samples import benchmark_of, like, results, stored
from limbeck.pipeline.context import Context
from limbeck.records import Data, Results, Trace

Array = np.ndarray
RIDGE = 1.0
"""Weight of the squared weights against the summed loss: standardised features need no more."""


def detector(
    data: Data,
    *,
    scores: tuple[str, ...],
    folds: int = 5,
    name: str = "detector",
    benchmark: str = "",
    seed: int = 0,
    ctx: Context,
) -> Results:
    """The chance that a wrong trace looks more wrong than a right one (AUC), by one score or several.

    A logistic regression on the scores, in units of their spread, is fitted on all folds but one and says of
    the traces of that one how likely they are wrong: a single score is treated as several are, its sign found
    on other traces. Problems are dealt out to folds by their ids.

    Args:
        data: traces with verdicts and scores; marks on them do not count, marked problems are left out, and
            so are traces without one of the scores, which is noted.
        scores: names in ``trace.scores``.
        name, benchmark: as in `evaluation/text_loss`.

    Returns:
        Metric ``score@auc``, with an interval over problems; each trace has it as its problem's share and its
        own probability as ``scores["suspicion"]``. Nothing is sampled: a claim says ``temperature: null``.

    Raises:
        LimbeckError: no score asked for, one that no trace has, fewer than two folds, or a fold without wrong
            or right traces.
    """
    precheck({"scores": scores, "folds": folds})
    read, notes = _read(data, scores)
    for note in notes:
        ctx.log(note)
    value_NF = np.array([[trace.scores[score] for score in scores] for trace in read])
    wrong_N = np.array([trace.outcome == "wrong" for trace in read])
    fold_N = np.array([_fold(trace.problem_id, folds, seed) for trace in read])
    suspicion_N = np.zeros(len(read))
    for fold in range(folds):
        held = fold_N == fold
        if not wrong_N[~held].any() or wrong_N[~held].all():
            raise LimbeckError(
                f"evaluation/detector: all traces but those of fold {fold} are alike in outcome"
            )
        suspicion_N[held] = _predicted(value_NF[~held], wrong_N[~held], value_NF[held])
    names, problem_N = np.unique([trace.problem_id for trace in read], return_inverse=True)
    auc_N = auc_by_problem(wrong_N, suspicion_N, problem_N, len(names))[problem_N]
    problems, judged = data.problem_by_id(), Data(data.problems)
    for trace, suspicion, auc in zip(read, suspicion_N.tolist(), auc_N.tolist(), strict=True):
        sample = stored(trace, benchmark or benchmark_of(problems[trace.problem_id]))
        scores_of = {**trace.scores, "suspicion": suspicion, "auc": auc}
        judged.traces.append(replace(sample, model=name, scores=scores_of))
    return Results(results(judged, ["score@auc"], like(name, [seed])), judged)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    if not given["scores"] or given["folds"] < 2:
        asked, folds = list(given["scores"]), given["folds"]
        raise LimbeckError(
            f"evaluation/detector: scores={asked}, folds={folds}: a score, and two folds at least"
        )


def _read(data: Data, scores: tuple[str, ...]) -> tuple[list[Trace], list[str]]:
    unmarked = {problem.id for problem in data.problems if not problem.marks}
    decided = [each for each in data.traces if each.outcome in ("correct", "wrong")]
    decided = [each for each in decided if each.problem_id in unmarked]
    for score in scores:
        if not any(score in trace.scores for trace in decided):
            known = {each for trace in decided for each in trace.scores}
            raise LimbeckError(f"evaluation/detector: no trace has scores[{score!r}]{nearest(score, known)}")
    having = [trace for trace in decided if all(score in trace.scores for score in scores)]
    left = len(decided) - len(having)
    return having, [f"{left:,} of {len(decided):,} traces lack a score and are left out"] if left else []


def _fold(problem: str, folds: int, seed: int) -> int:
    digest = hashlib.blake2b(f"{seed}/{problem}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % folds


def _predicted(seen_NF: Array, wrong_N: Array, asked_NF: Array) -> Array:
    """Probabilities of a ridge logistic regression, fitted by Newton's method."""
    centre, spread = seen_NF.mean(0), seen_NF.std(0)
    spread = np.where(spread > 0, spread, 1.0)

    def design(value_NF: Array) -> Array:
        return np.column_stack([np.ones(len(value_NF)), (value_NF - centre) / spread])

    x = design(seen_NF)
    penalty = np.diag([0.0, *[RIDGE] * (x.shape[1] - 1)])
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = _logistic(x @ weights)
        gradient = x.T @ (p - wrong_N) + penalty @ weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + penalty + 1e-9 * np.eye(len(weights))
        step = np.linalg.solve(hessian, gradient)
        weights -= step
        if np.abs(step).max() < 1e-10:
            break
    return _logistic(design(asked_NF) @ weights)


def _logistic(values: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-np.clip(values, -50, 50)))
    return result
