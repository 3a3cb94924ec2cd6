"""Divergences of a student ``q`` from a teacher ``p``, per token, from log-probabilities over the same
events.

Every function takes ``(student_CM, teacher_CM)`` and returns nats ``[C]``. Where one side rules an event out
(its log-probability is -inf) the term is its limit, without a NaN in value or gradient. All are true
divergences on any events that partition the vocabulary: never negative, 0 only for equal distributions, and
on a coarser partition (the teacher's likeliest k and the rest) never above their value on a finer one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from limbeck.errors import LimbeckError, unknown

if TYPE_CHECKING:
    from torch import Tensor


def _expected_gap(weight: Tensor, against: Tensor) -> Tensor:
    """``Σ w (log w - log a)``; an event of weight 0, be it by rounding, adds nothing."""
    share = weight.exp()
    return (share * (weight - against).masked_fill(share == 0, 0)).sum(-1)


def _mixture(mine: Tensor, theirs: Tensor, share: float) -> Tensor:
    """Log of ``share * mine + (1 - share) * theirs``, for shares strictly between 0 and 1."""
    import math

    import torch

    # logaddexp(-inf, -inf) has no gradient; nowhere does a mixture weigh an event that both rule out.
    nowhere = mine.isneginf() & theirs.isneginf()
    mixed = torch.logaddexp(
        mine.masked_fill(nowhere, 0) + math.log(share), theirs.masked_fill(nowhere, 0) + math.log1p(-share)
    )
    return mixed.masked_fill(nowhere, -torch.inf)


def forward(student: Tensor, teacher: Tensor) -> Tensor:
    """KL(p || q): cover all that the teacher does."""
    return _expected_gap(teacher, student)


def reverse(student: Tensor, teacher: Tensor) -> Tensor:
    """KL(q || p): do only what the teacher does. Infinite where the student does what the teacher rules
    out."""
    return _expected_gap(student, teacher)


def symmetric(student: Tensor, teacher: Tensor) -> Tensor:
    """Half of Jeffreys' divergence: the mean of the forward and the reverse KL."""
    return (forward(student, teacher) + reverse(student, teacher)) / 2


def jensen_shannon(student: Tensor, teacher: Tensor, beta: float = 0.5, normalise: bool = False) -> Tensor:
    """Generalised Jensen-Shannon divergence (GKD, arXiv 2306.13649): ``beta KL(p||m) + (1-beta) KL(q||m)``.

    ``m = beta p + (1-beta) q``. Divided by ``beta (1-beta)`` (``normalise``) it goes to the forward KL as
    beta goes to 0 and to the reverse KL as beta goes to 1; beta 0 and 1 are exactly these either way, as
    without the division they would be zero.
    """
    if beta == 0:
        return forward(student, teacher)
    if beta == 1:
        return reverse(student, teacher)
    middle = _mixture(teacher, student, beta)
    value = beta * _expected_gap(teacher, middle) + (1 - beta) * _expected_gap(student, middle)
    return value / (beta * (1 - beta)) if normalise else value


def skew_forward(student: Tensor, teacher: Tensor, skew: float = 0.1) -> Tensor:
    """KL(p || skew p + (1-skew) q) (DistiLLM, arXiv 2402.03898): bounded by ``-log skew``; skew 0 is the
    forward KL."""
    return forward(_mixture(teacher, student, skew) if skew else student, teacher)


def skew_reverse(student: Tensor, teacher: Tensor, skew: float = 0.1) -> Tensor:
    """KL(q || (1-skew) p + skew q) (DistiLLM): bounded by ``-log skew``; skew 0 is the reverse KL."""
    return _expected_gap(student, _mixture(student, teacher, skew) if skew else teacher)


def total_variation(student: Tensor, teacher: Tensor) -> Tensor:
    """Half the sum of absolute differences of probabilities: 0 to 1, no nats."""
    return (student.exp() - teacher.exp()).abs().sum(-1) / 2


def adaptive(student: Tensor, teacher: Tensor, head: float = 0.5) -> Tensor:
    """Forward and reverse KL, by where the two differ: in the teacher's head or in its tail (AKL, arXiv
    2404.02657).

    The head are the teacher's likeliest events that together reach the mass ``head``. Each KL weighs as the
    absolute gap of probabilities on its side: forward KL fits the head first, reverse KL the tail. Weights
    carry no gradient.
    """
    gap = (student.exp() - teacher.exp()).abs().detach()
    ordered, index = teacher.exp().sort(-1, descending=True)
    inside = ordered.cumsum(-1) - ordered < head
    in_head = inside.gather(-1, index.argsort(-1))
    share = (gap * in_head).sum(-1) / gap.sum(-1).clamp(min=1e-12)
    return share * forward(student, teacher) + (1 - share) * reverse(student, teacher)


def squared(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean squared difference of centred log-probabilities, that is of logits up to a constant; no
    divergence.

    Events that one side rules out are left aside.
    """
    finite = student.isfinite() & teacher.isfinite()
    count = finite.sum(-1, keepdim=True)

    def centred(values: Tensor) -> Tensor:
        kept = values.masked_fill(~finite, 0)
        return (kept - kept.sum(-1, keepdim=True) / count).masked_fill(~finite, 0)

    return (centred(student) - centred(teacher)).square().sum(-1) / count[..., 0]


Divergence = Literal[
    "forward", "reverse", "symmetric", "jsd", "skew_forward", "skew_reverse", "total_variation", "adaptive",
    "squared",
]  # fmt: skip
DIVERGENCES: dict[str, Callable[..., Tensor]] = {
    "forward": forward, "reverse": reverse, "symmetric": symmetric, "jsd": jensen_shannon,
    "skew_forward": skew_forward, "skew_reverse": skew_reverse, "total_variation": total_variation,
    "adaptive": adaptive, "squared": squared,
}  # fmt: skip


def pick(name: str, beta: float = 0.5, skew: float = 0.1) -> Callable[[Tensor, Tensor], Tensor]:
    """A divergence by name, its parameter bound.

    Raises:
        LimbeckError: an unknown name, ``beta`` outside of 0 to 1, or ``skew`` not from 0 to below 1.
    """
    if name not in DIVERGENCES:
        raise unknown("divergence", name, DIVERGENCES)
    if not 0 <= beta <= 1 or not 0 <= skew < 1:
        raise LimbeckError(
            f"divergence {name!r}: beta is 0 to 1 and skew 0 to below 1, got {beta:g} and {skew:g}"
        )
    function = DIVERGENCES[name]
    if name == "jsd":
        return lambda student, teacher: function(student, teacher, beta)
    if name.startswith("skew"):
        return lambda student, teacher: function(student, teacher, skew)
    return function
