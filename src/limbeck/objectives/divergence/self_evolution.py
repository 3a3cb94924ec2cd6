"""Self-evolution distillation: hard tokens learn through a proxy that knows part of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.networks.events import Events
from limbeck.objectives._policy import mean_of
from limbeck.objectives.divergence._divergences import forward
from limbeck.objectives.ops import Loss, Signal, token_mean

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Share, Weight

NEEDS = ("traces", "teacher")


def self_evolution(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    prior: Share = 0.5,
    threshold: Weight = 1.0,
    most: Share = 0.5,
    ce: Share = 0.5,
    pick: Literal["hard", "random"] = "hard",
) -> Loss:
    """Token-adaptive distillation: prior knowledge is mixed into the student where a token is hard (arXiv
    2412.15303).

    With ``k = prior * onehot(y) + (1 - prior) * p`` a token's difficulty is ``d = KL(k || q)``. Hard tokens
    (``d > threshold``) minimise ``KL(p || (1-g) q + g k)`` with ``g = most * (1 - exp(-(d - threshold)))``,
    others ``KL(p || q)``. As ``d`` falls, fewer tokens are hard and the prior fades. The paper's own form of
    ``g`` is not published in detail; this one starts at 0 and levels off at ``most``.

    Args:
        threshold: in nats.
        most: largest share of the prior; 0 is plain distillation.
        ce: share of the cross-entropy with the text.
        pick: ``random`` mixes into as many tokens, chosen by chance: the control.

    Returns:
        The sum over tokens in nats; metrics ``hard`` (share of hard tokens), ``divergence`` and ``logp``.
    """
    import torch

    def difficulty(events: Events) -> Tensor:
        with torch.no_grad():
            return forward(events.student_CM, _prior(events, prior))

    hard_N = policy.against(signal.teacher, difficulty).detach()
    chosen_N = hard_N > threshold
    share_N = most * (1 - (threshold - hard_N).clamp(max=0).exp()) * chosen_N
    if pick == "random":
        share_N = share_N[torch.randperm(len(share_N), device=share_N.device)]

    def proxied(events: Events) -> Tensor:
        g_C1 = share_N[events.part, None].to(events.student_CM.dtype)
        mixed = torch.logaddexp(
            events.student_CM + torch.log1p(-g_C1), _prior(events, prior) + g_C1.clamp(min=1e-12).log()
        )
        return forward(torch.where(g_C1 > 0, mixed, events.student_CM), events.teacher_CM)

    gap_N = policy.against(signal.teacher, proxied)
    metrics = {
        "hard": mean_of(chosen_N.to(gap_N.dtype), batch), "divergence": mean_of(gap_N, batch),
        "logp": mean_of(policy.logp_N, batch),
    }  # fmt: skip
    return token_mean((1 - ce) * gap_N - ce * policy.logp_N, batch, metrics)


def _prior(events: Events, prior: float) -> Tensor:
    """Log of the teacher's distribution with ``prior`` of the mass on the token that is trained."""
    import torch

    known = torch.zeros_like(events.teacher_CM).scatter_(-1, events.target_C[:, None], prior)
    return (known + (1 - prior) * events.teacher_CM.exp()).log()
