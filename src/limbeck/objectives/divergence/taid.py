"""Temporally adaptive interpolated distillation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from limbeck.networks.events import Events
from limbeck.objectives.ops import Loss, Signal, token_mean

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Fraction, Share, Weight

NEEDS = ("traces", "teacher")
START = {"t": -1.0, "momentum": 0.0, "before": 0.0}


def taid(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    start: Share = 0.4,
    end: Share = 1.0,
    alpha: Weight = 5e-4,
    beta: Fraction = 0.99,
    adaptive: bool = True,
    ce: Share = 0.0,
) -> Loss:
    """Distil towards a target that moves from the student to the teacher (TAID, arXiv 2501.16937, algorithm
    1).

    ``p_t = softmax((1-t) sg(student logits) + t teacher logits)``; per token ``-Σ p_t log q``. ``t`` never
    falls; it follows a straight line from ``start`` to ``end`` or runs ahead of it while the loss falls.

    Args:
        alpha: how far ``t`` may run ahead in a step; ``beta`` is the momentum of the loss's relative fall.
        adaptive: whether it may; without, the line alone.
        ce: share of the cross-entropy with the text itself.

    Returns:
        The sum over tokens in nats; metrics ``t`` and ``soft``, the cross-entropy with the target per token.
    """
    t = max(signal.memory["t"], start)

    def soft(events: Events) -> Tensor:
        # Logits count up to a constant per token, so log-probabilities do in their place.
        student_CM = events.student_CM.detach()
        # At either end one side has no say, not even about what it rules out.
        mixed = (
            student_CM
            if t == 0
            else events.teacher_CM
            if t == 1
            else (1 - t) * student_CM + t * events.teacher_CM
        )
        target = mixed.log_softmax(-1).exp()
        return -(target * events.student_CM.masked_fill(target == 0, 0)).sum(-1)

    soft_N = policy.against(signal.teacher, soft)
    part = token_mean(soft_N.detach(), batch)
    metrics = {"t": (t * part.count, part.count), "soft": (part.sum, part.count)}
    return token_mean((1 - ce) * soft_N - ce * policy.logp_N if ce else soft_N, batch, metrics)


def after(
    memory: dict[str, float],
    metrics: dict[str, float],
    *,
    start: float = 0.4,
    end: float = 1.0,
    alpha: float = 5e-4,
    beta: float = 0.99,
    adaptive: bool = True,
    **params: object,
) -> dict[str, float]:
    """Move ``t``; the first step only notes its loss."""
    t, before, now = max(memory["t"], start), memory["before"], metrics["soft"]
    momentum, ahead = memory["momentum"], 0.0
    if memory["t"] >= 0 and adaptive:
        momentum = beta * momentum + (1 - beta) * (before - now) / (before + 1e-15)
        ahead = alpha / (1 + math.exp(-momentum)) * (1 - t)
    line = start + (end - start) * metrics["progress"]
    return {"t": min(end, max(line, t + ahead)), "momentum": momentum, "before": now}
