"""What objectives share: the loss they return, the signal they may ask for, and how a batch splits into
pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from limbeck.errors import LimbeckError
from limbeck.types import Configured

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.events import Teacher
    from limbeck.networks.policy import Policy

Sum = tuple["Tensor", "Tensor"]
"""A weighted sum and the weight it stands for; the mean is taken once, over everything that was summed."""


@dataclass(frozen=True)
class Loss:
    """A loss before its division: ``sum`` carries the gradient, ``count`` is what it is to be divided by.

    The trainer adds sums and counts over micro-batches and ranks and divides once, so nothing depends on the
    cut.

    Raises:
        LimbeckError: what stands in a tensor's place is none, or the sum holds more than one number.
    """

    sum: Tensor
    count: Tensor
    metrics: dict[str, Sum] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = [(f"metrics[{name!r}]", part) for name, pair in self.metrics.items() for part in pair]
        for name, part in [("sum", self.sum), ("count", self.count), *parts]:
            if not hasattr(part, "backward"):
                raise LimbeckError(f"an objective's Loss holds tensors; its {name} is {part!r:.60}")
        if self.sum.numel() != 1:
            raise LimbeckError(f"an objective's Loss is one number; its sum is of shape {[*self.sum.shape]}")


@dataclass(frozen=True)
class Signal:
    """What comes from outside the student; the trainer supplies what an objective's ``NEEDS`` ask for.

    Attributes:
        reference_B: the start model's log-probability of each row, summed with the tokens' weights.
        reference_N: the same for each token.
        teacher: the teacher's distributions, live or stored, for `Policy.against`, ``log_probs`` and
            ``logits``.
        teacher_N: the teacher's log-probability of each trained token.
        layers: the teacher's hidden states ``[B, T, D]``, the embeddings first.
        attentions: the teacher's attention of each position to each, ``[layers, B, heads, T, T]``.
        other: the rows in the teacher's tokens, where it has a tokenizer of its own.
        spans_N2: character spans of those tokens in the completions' texts.
        words: both vocabularies as text, the student's and the teacher's.
        progress: share of the training that is done, 0 to 1.
        memory: what the objective remembers from step to step.
    """

    reference_B: Tensor | None = None
    reference_N: Tensor | None = None
    teacher: Teacher | None = None
    teacher_N: Tensor | None = None
    layers: tuple[Tensor, ...] = ()
    attentions: Tensor | None = None
    other: Batch | None = None
    spans_N2: Tensor | None = None
    words: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    progress: float = 0.0
    memory: dict[str, float] = field(default_factory=dict)


class Objective(Configured, Protocol):
    """A method of this room with its parameters fixed."""

    def __call__(self, batch: Batch, policy: Policy, signal: Signal) -> Loss: ...


def row_sum(values_N: Tensor, batch: Batch) -> Tensor:
    """Sum of the tokens' values in each row, ``[B]``, weighted by the tokens' weights."""
    weighted = values_N * batch.token_weight_N.to(values_N.dtype)
    return weighted.new_zeros(len(batch.ids)).index_add(0, batch.row_N, weighted)


def token_mean(values_N: Tensor, batch: Batch, metrics: dict[str, Sum] | None = None) -> Loss:
    """The mean of the tokens' values as a loss: every token weighs what it and its trace weigh."""
    total = (batch.weight_B * row_sum(values_N, batch)).sum()
    return Loss(total, (batch.weight_B * batch.count_B).sum(), metrics or {})


def row_mean(values_B: Tensor, batch: Batch, metrics: dict[str, Sum] | None = None) -> Loss:
    """The mean of the rows' values as a loss: every trace weighs the same, but for its own weight."""
    return Loss((batch.weight_B * values_B).sum(), batch.weight_B.sum(), metrics or {})


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
