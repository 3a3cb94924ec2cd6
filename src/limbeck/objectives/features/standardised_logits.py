"""Logits relative to how the same class scores on other samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives._policy import mean_of
from limbeck.objectives.divergence._divergences import forward
from limbeck.objectives.ops import Loss, Signal, token_mean

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive, Share, Weight

WAS = "objectives/perception"
NEEDS = ("traces", "teacher")
WHOLE_STEP = True
"""Means and spreads are those of one micro-batch."""


def standardised_logits(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    temperature: Positive = 4.0,
    weight: Weight = 1.0,
    rise: Share = 0.1,
) -> Loss:
    """Cross-entropy plus KL of perceptions (LumiNet, arXiv 2310.03669).

    A perception is a logit in standard deviations from its class's mean over the batch, for student and
    teacher apart: relations between samples count, the teacher's confidence does not. Samples are the tokens
    of a micro-batch (how a step is cut decides which are compared), classes the vocabulary, which should be
    small. The teacher must be live. No T²: ``weight`` has its place.

    Args:
        rise: share of the training over which ``weight`` grows from 0.

    Returns:
        The sum over tokens; metrics ``divergence`` and ``logp``.
    """
    import torch

    assert signal.teacher is not None, "the trainer supplies what NEEDS asks for"
    every = torch.arange(len(batch.row_N), device=batch.row_N.device)
    ours, theirs = policy.logits(every), signal.teacher.logits(every)
    gap_N = perceived_gap(ours, theirs[:, : ours.shape[-1]].to(ours.dtype), temperature)
    share = weight * (min(1.0, signal.progress / rise) if rise else 1.0)
    metrics = {"divergence": mean_of(gap_N, batch), "logp": mean_of(policy.logp_N, batch)}
    return token_mean(share * gap_N - policy.logp_N, batch, metrics)


def perceived(logits_NC: Tensor) -> Tensor:
    """Each class's logits standardised over the samples, biased variance."""
    spread = (logits_NC.var(0, correction=0, keepdim=True) + 1e-5).sqrt()
    return (logits_NC - logits_NC.mean(0, keepdim=True)) / spread


def perceived_gap(ours: Tensor, theirs: Tensor, temperature: float) -> Tensor:
    """KL(teacher || student) of softened perceptions, per sample."""
    student = (perceived(ours) / temperature).log_softmax(-1)
    teacher = (perceived(theirs.detach()) / temperature).log_softmax(-1)
    return forward(student, teacher)
