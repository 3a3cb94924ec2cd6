"""Distillation of distributions: any divergence from a teacher, live or stored, on any text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.objectives.divergence._divergences import pick
from limbeck.objectives.ops import Loss, Signal, Sum, token_mean

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.objectives.divergence._divergences import Divergence
    from limbeck.types import Fraction, Positive, Share

NEEDS = ("traces", "teacher")


def kd(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    divergence: Divergence = "forward",
    beta: Share = 0.5,
    skew: Fraction = 0.1,
    temperature: Positive = 1.0,
    t_squared: bool = True,
    ce: Share = 0.0,
    schedule: Literal["constant", "down", "up", "wsd"] = "constant",
) -> Loss:
    """Knowledge distillation: a divergence between student and teacher at every token (arXiv 1503.02531,
    2306.13649).

    Per token ``(1 - ce) T² D_T + ce (-log q(y))``. On the student's own rollouts it is on-policy distillation
    (GKD); no gradient goes through sampling.

    Args:
        divergence: ``forward``, ``reverse``, ``symmetric``, ``jsd``, ``skew_forward``, ``skew_reverse``,
            ``total_variation``, ``adaptive`` or ``squared``; see
            `limbeck.objectives.divergence._divergences`.
        beta: of ``jsd``: 0 is the forward, 1 the reverse KL.
        skew: of the skew divergences.
        temperature: T, which softens both sides.
        t_squared: multiply by T², so that gradients keep their size (Hinton et al.).
        ce: share of the cross-entropy with the text itself.
        schedule: how the divergence's share ``1 - ce`` goes over the training: straight ``down`` to 0 or
            ``up`` from 0, or ``wsd``: up over the first tenth, level, down over the last tenth (arXiv
            2410.16215).

    Returns:
        The sum over tokens in nats; metrics ``divergence`` and ``logp``, per token.
    """
    measure = pick(divergence, beta, skew)
    gap_N = policy.against(signal.teacher, lambda e: measure(e.student_CM, e.teacher_CM), temperature)
    share = (1 - ce) * _share(schedule, signal.progress)
    metrics = {"divergence": _mean(gap_N, batch)}
    loss_N = share * (temperature**2 if t_squared else 1.0) * gap_N
    if share < 1:
        loss_N = loss_N - (1 - share) * policy.logp_N
        metrics["logp"] = _mean(policy.logp_N, batch)
    return token_mean(loss_N, batch, metrics)


def _share(schedule: str, progress: float) -> float:
    """The divergence's part of its own share."""
    if schedule == "wsd":
        return min(1.0, progress / 0.1, (1 - progress) / 0.1)
    return {"constant": 1.0, "down": 1 - progress, "up": progress}[schedule]


def _mean(values_N: Tensor, batch: Batch) -> Sum:
    part = token_mean(values_N.detach(), batch)
    return part.sum, part.count
