"""Logits relative to how the same class scores on other samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives._policy import mean_of
from limbeck.objectives.divergence._divergences import forward
from limbeck.objectives.ops import Loss, Signal, token_mean

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.moments import Moments
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
    from limbeck.networks.moments import moments, parts_of

    teacher = signal.teacher
    assert teacher is not None, "the trainer supplies what NEEDS asks for"
    theirs = moments(teacher.logits, parts_of(len(batch.row_N), teacher.vocabulary))

    def gap(logits_CV: Tensor, part: slice, ours: Moments) -> Tensor:
        common = min(logits_CV.shape[-1], teacher.vocabulary)
        student = perceived(logits_CV[:, :common], ours.words(common))
        taught = perceived(teacher.logits(part)[:, :common].to(student.dtype), theirs.words(common))
        return softened_gap(student, taught, temperature)

    gap_N = policy.of_moments(gap)
    share = weight * (min(1.0, signal.progress / rise) if rise else 1.0)
    metrics = {"divergence": mean_of(gap_N, batch), "logp": mean_of(policy.logp_N, batch)}
    return token_mean(share * gap_N - policy.logp_N, batch, metrics)


def perceived(logits_CV: Tensor, over: Moments) -> Tensor:
    """Each class's logits in standard deviations from its mean."""
    return (logits_CV - over.mean_V) / (over.var_V + 1e-5).sqrt()


def softened_gap(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """KL(teacher || student) of softened perceptions, per sample."""
    return forward(*((each / temperature).log_softmax(-1) for each in (student, teacher.detach())))
