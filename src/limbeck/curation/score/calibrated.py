"""A judge's scores made into chances, by labelled traces."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.pipeline.context import Context
from limbeck.records import Data, Trace, Verdict

_STEPS = 50


def calibrated(
    data: Data, labelled: Data, *, score: str, label: str = "", threshold: float = 0.5, ctx: Context
) -> Data:
    """Correct a judge's scores so that of the traces scored 0.7 seven in ten are right, by Platt's method.

    ``σ(a logit(s) + b)`` is fitted to the labelled traces by maximum likelihood, with the targets that Platt
    takes in the labels' place so that few of them do not end in certainty: ``(n₊ + 1) / (n₊ + 2)`` for right
    ones, ``1 / (n₋ + 2)`` for wrong ones. It keeps the order of traces (a negative ``a`` turns it: the judge
    is wrong more often than right).

    Args:
        labelled: other problems, whose traces have the judge's score and a label.
        score: the judge's name, under which traces have its scores from 0 to 1 (`verifiers/judge`,
            `discriminator`, …).
        label: name of the verifier whose verdict is the label; by default the last verdict that is not the
            judge's.
        threshold: least chance of a trace that is ``correct``.

    Returns:
        The data; a trace with a score has a verdict more, of the judge, with the chance as its score and in
        ``scores``.

    Raises:
        LimbeckError: the sets share problems, or the labelled traces with a score are not right and wrong
            ones.
    """
    if shared := {problem.id for problem in data.problems} & {problem.id for problem in labelled.problems}:
        raise LimbeckError(
            f"curation/calibrated: {len(shared)} problems are in both sets, such as {min(shared)!r}"
        )
    scored = [trace for trace in labelled.traces if score in trace.scores]
    labels = [(trace.scores[score], _label(trace, score, label)) for trace in scored]
    known = [(value, outcome) for value, outcome in labels if outcome]
    right = np.array([outcome == "correct" for _, outcome in known], dtype=bool)
    if not right.any() or right.all():
        raise LimbeckError(
            f"curation/calibrated: right and wrong traces are needed; {len(known):,} of "
            f"{len(labelled.traces):,} labelled traces have a score {score!r} and a label, "
            f"{right.sum():,} right"
        )
    scores = np.array([value for value, _ in known])
    slope, shift = fit(scores, right)
    after = chance(scores, slope, shift)
    before, now = (float(np.mean((values - right) ** 2)) for values in (scores, after))
    ctx.log(
        f"{score}: σ({slope:.2f} logit(s) {shift:+.2f}); Brier score {before:.3f} → {now:.3f} on the "
        "labelled traces"
    )
    traces = [_corrected(trace, score, slope, shift, threshold) for trace in data.traces]
    return Data(data.problems, traces, data.pairs)


def _label(trace: Trace, score: str, label: str) -> str:
    if label:
        outcomes = [verdict.outcome for verdict in trace.verdicts if verdict.verifier == label]
    else:
        outcomes = [verdict.outcome for verdict in trace.verdicts if verdict.verifier != score]
    return outcomes[-1] if outcomes and outcomes[-1] in ("correct", "wrong") else ""


def _corrected(trace: Trace, score: str, slope: float, shift: float, threshold: float) -> Trace:
    raw = trace.scores.get(score)
    if raw is None:
        return trace
    p = float(chance(np.array([raw]), slope, shift)[0])
    verdict = Verdict(
        score, "correct" if p >= threshold else "wrong", reason=f"{raw:.3f} is {p:.3f}", score=p
    )
    return replace(trace, verdicts=[*trace.verdicts, verdict], scores={**trace.scores, score: p})


def chance(scores: np.ndarray, slope: float, shift: float) -> np.ndarray:
    """``σ(slope logit(s) + shift)``."""
    return 1 / (1 + np.exp(-(slope * _logit(scores) + shift)))


def _logit(scores: np.ndarray) -> np.ndarray:
    inside = np.clip(scores, 1e-6, 1 - 1e-6)
    logits: np.ndarray = np.log(inside / (1 - inside))
    return logits


def fit(scores: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Slope and shift of greatest likelihood, by Newton's method with halved steps."""
    x = np.stack([_logit(scores), np.ones(len(scores))], 1)
    good, bad = int(right.sum()), int((~right).sum())
    target = np.where(right, (good + 1) / (good + 2), 1 / (bad + 2))

    def loss(w: np.ndarray) -> float:
        return float((np.logaddexp(0, x @ w) - target * (x @ w)).sum())

    w = np.array([0.0, np.log((good + 1) / (bad + 1))])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-x @ w))
        slope = x.T @ (p - target)
        # A little weight keeps scores that are all alike from dividing by nothing.
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(2), slope)
        size = 1.0
        while size > 1e-6 and loss(w - size * step) > loss(w):
            size /= 2
        w = w - size * step
        if np.abs(size * step).max() < 1e-8:
            break
    return float(w[0]), float(w[1])
