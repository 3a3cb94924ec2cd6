"""Distillation from a part of what a teacher says, to see which part teaches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from limbeck.networks.events import Events
from limbeck.objectives._policy import mean_of
from limbeck.objectives.divergence._divergences import forward
from limbeck.objectives.ops import Loss, Signal, token_mean

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Count, Share

WAS = "objectives/partial_teacher"
NEEDS = ("traces", "teacher")


def dark_knowledge(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    view: Literal["full", "target", "top", "smooth", "permuted", "confidence"] = "full",
    k: Count = 4,
    smooth: Share = 0.1,
    ce: Share = 0.0,
) -> Loss:
    """KL to a teacher of which only a part is left: its levels of knowledge taken apart (arXiv 2002.03532,
    1805.04770).

    ``full`` is plain distillation. ``target`` keeps the probability of the token in the text, the rest
    uniform (KD-pt: how hard the instance is). ``top`` keeps the likeliest ``k``, the rest uniform. ``smooth``
    knows nothing of the teacher: label smoothing. ``permuted`` shuffles all probabilities but the largest
    (DKPP of Born-Again Networks): maximum and entropy stay, who resembles whom is lost. ``confidence`` is the
    text itself, each token weighted by the teacher's largest probability (CWTM). What similarity of classes
    alone teaches (KD-rel) has no place at tokens.

    Args:
        k: of ``top``.
        smooth: mass that ``smooth`` spreads over all words.
        ce: share of the cross-entropy with the text besides.

    Returns:
        The sum over tokens in nats; metrics ``divergence`` and ``logp``.
    """
    if view == "confidence":
        weight_N = policy.against(signal.teacher, _largest).detach()
        kept = token_mean(-weight_N * policy.logp_N, batch)
        metrics = {"divergence": mean_of(-policy.logp_N, batch), "logp": mean_of(policy.logp_N, batch)}
        # Weights count against each other, so their sum divides.
        return Loss(kept.sum, token_mean(weight_N, batch).sum, metrics)

    def gap(events: Events) -> Tensor:
        return forward(events.student_CM, seen(events, view, k, smooth))

    gap_N = policy.against(signal.teacher, gap)
    metrics = {"divergence": mean_of(gap_N, batch), "logp": mean_of(policy.logp_N, batch)}
    return token_mean((1 - ce) * gap_N - ce * policy.logp_N if ce else gap_N, batch, metrics)


def seen(events: Events, view: str, k: int = 4, smooth: float = 0.1) -> Tensor:
    """The part of the teacher that ``view`` leaves, as log-probabilities ``[C, M]``."""
    import torch

    p_CM, target_C1 = events.teacher_CM, events.target_C[:, None]
    count = p_CM.shape[-1]
    if view == "full":
        return p_CM
    if view == "smooth":
        base = torch.full_like(p_CM, smooth / count)
        return base.scatter_add(-1, target_C1, torch.full_like(base[:, :1], 1 - smooth)).log()
    if view == "permuted":
        return _permuted(p_CM)
    places = target_C1 if view == "target" else p_CM.topk(min(k, count), -1).indices
    kept = p_CM.gather(-1, places)
    rest = torch.log1p(-kept.exp().sum(-1, keepdim=True).clamp(max=1)) - math.log(
        max(1, count - places.shape[-1])
    )
    return rest.expand_as(p_CM).scatter(-1, places, kept)


def _permuted(p_CM: Tensor) -> Tensor:
    """All but the largest in an order that the distribution itself draws, the same whenever it is
    computed."""
    import torch

    largest = p_CM.argmax(-1, keepdim=True)
    # A number for each word and token that looks random, without a generator whose state the recomputation
    # would move.
    noise = (
        p_CM.detach().float() * 7919.0 + torch.arange(p_CM.shape[-1], device=p_CM.device) * 0.6180339887
    ).frac()
    order = noise.scatter(-1, largest, -2.0).argsort(-1)
    places = torch.zeros_like(p_CM).scatter(-1, largest, -2.0).argsort(dim=-1, stable=True)
    return torch.empty_like(p_CM).scatter(-1, places, p_CM.gather(-1, order))


def _largest(events: Events) -> Tensor:
    return events.teacher_CM.exp().amax(-1) + 0 * events.student_CM[:, 0]
