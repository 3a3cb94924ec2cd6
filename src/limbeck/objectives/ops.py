"""What objectives share: the loss they return, the signal they may ask for, and how a batch splits into pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.training.batch import Batch
    from limbeck.training.logp import Policy

Sum = tuple["Tensor", "Tensor"]
"""A weighted sum and the weight it stands for; the mean is taken once, over everything that was summed."""


@dataclass(frozen=True)
class Loss:
    """A loss before its division: ``sum`` carries the gradient, ``count`` is what it is to be divided by.

    The trainer adds sums and counts over micro-batches and ranks and divides once, so nothing depends on the cut.
    """

    sum: Tensor
    count: Tensor
    metrics: dict[str, Sum] = field(default_factory=dict)


@dataclass(frozen=True)
class Signal:
    """What comes from outside the student. ``reference_B``: the start model's summed log-probability of each row."""

    reference_B: Tensor | None = None


def split(values_B: Tensor) -> tuple[Tensor, Tensor]:
    """Values of a batch of pairs as ``(chosen_P, rejected_P)``: chosen rows come first."""
    chosen_P, rejected_P = values_B.chunk(2)
    return chosen_P, rejected_P


def pair_loss(batch: Batch, policy: Policy, loss_P: Tensor, margin_P: Tensor) -> Loss:
    """A loss per pair as a weighted sum over pairs, with the curves every pair objective is judged by.

    Args:
        loss_P: nats.
        margin_P: what the objective wants to be positive.

    Returns:
        Metrics ``logp_chosen`` and ``logp_rejected`` (per-token means averaged over pairs, nats) and
        ``margin_accuracy`` (share of pairs with a positive margin), all weighted as the loss is.
    """
    weight_P, _ = split(batch.weight_B)
    chosen_P, rejected_P = split(policy.mean_B.detach())
    count = weight_P.sum()
    metrics = {
        "logp_chosen": ((weight_P * chosen_P).sum(), count),
        "logp_rejected": ((weight_P * rejected_P).sum(), count),
        "margin_accuracy": ((weight_P * (margin_P > 0)).sum(), count),
    }
    return Loss((weight_P * loss_P).sum(), count, metrics)


def minus_log_sigmoid(values: Tensor) -> Tensor:
    """``-log σ(x)``, stable for large ``|x|``."""
    # Imported here so that an objective can be described without torch installed.
    from torch.nn.functional import softplus

    return softplus(-values)
