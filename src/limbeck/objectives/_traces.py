"""What objectives on right and wrong traces share: who wrote a trace, what is right, means per token, 1 -
p."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import unknown
from limbeck.objectives.ops import row_sum

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.objectives.ops import Signal, Sum

NEARLY_SURE = -1e-6
"""Log-probabilities above it count as it in ``log(1 - p)``; float32 does not tell them from certainty."""


def per_token(values_N: Tensor, batch: Batch) -> Tensor:
    """Mean of the tokens' values in each row, ``[B]``, by the tokens' weights; 0 where all weigh nothing."""
    # Such a row's sum is 0, whatever it is divided by.
    return row_sum(values_N, batch) / batch.count_B.masked_fill(batch.count_B == 0, 1)


def log_complement(logp: Tensor) -> Tensor:
    """``log(1 - p)`` from ``log p``, finite also for ``p = 1``."""
    return (-logp.clamp(max=NEARLY_SURE).expm1()).log()


def right(batch: Batch) -> Tensor:
    """Which rows have a positive reward, ``[B]``."""
    return batch.values["reward"] > 0


def both_logps(batch: Batch, policy: Policy) -> dict[str, Sum]:
    """Metrics ``logp_right`` and ``logp_wrong``: per-token means averaged over the traces of either kind,
    nats."""
    right_B, mean_B = right(batch), policy.mean_B.detach()
    weights = {"logp_right": batch.weight_B * right_B, "logp_wrong": batch.weight_B * ~right_B}
    return {name: ((weight_B * mean_B).sum(), weight_B.sum()) for name, weight_B in weights.items()}


def author_needs(behaviour: str) -> tuple[str, ...]:
    """Needs of an objective that weighs traces against their ``behaviour`` policy."""
    source = {"sampled": "sampled_logp", "scored": "teacher_logp", "reference": "reference"}
    if behaviour not in source:
        raise unknown("behaviour", behaviour, source, "the objective")
    return ("traces", "rewards", source[behaviour])


def author_logp(batch: Batch, policy: Policy, signal: Signal, behaviour: str) -> Tensor:
    """Log-probability of each token under the policy that is taken for the traces' author, ``[N]``.

    Args:
        behaviour: ``sampled`` is what sampling recorded; ``scored`` what a teacher, the author, finds of
            stored traces; ``reference`` the start model.
    """
    import torch

    if behaviour == "sampled":
        then_N = batch.columns["logp"]
        # Two have chosen a token between them: it has no author, and no ratio to one.
        return torch.where(then_N.isfinite(), then_N, policy.sampled_logp_N.detach())
    found_N = signal.reference_N if behaviour == "reference" else signal.teacher_N
    assert found_N is not None, "the trainer supplies what NEEDS asks for"
    return found_N


def student_logp(policy: Policy, behaviour: str) -> Tensor:
    """The student's log-probability of each token, ``[N]``, to be compared with the author's: at the
    temperature of sampling where that is who ``sampled``."""
    return policy.sampled_logp_N if behaviour == "sampled" else policy.logp_N
