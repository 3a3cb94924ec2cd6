"""Unlikelihood: wrong traces made less likely, token by token, with a force that fades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives._traces import log_complement, per_token
from limbeck.objectives.ops import Loss, Signal, pair_loss, split

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Weight

NEEDS = ("pairs",)


def unlikelihood(batch: Batch, policy: Policy, signal: Signal, *, alpha: Weight = 1.0) -> Loss:
    """Likelihood of chosen and token-level unlikelihood of rejected traces (arXiv 1908.04319).

    ``mean -log p`` over the chosen completion plus ``alpha * mean -log(1 - p)`` over the rejected one. Unlike
    REDI's linear term, this one is bounded below and its gradient vanishes with ``p``. The paper's negatives
    are single tokens; here they are the tokens of the rejected trace, of which token weights may leave only
    the faulty ones.

    Args:
        alpha: weight of the rejected trace. 0 is SFT on the chosen traces.

    Returns:
        The sum over pairs in nats; metrics as in `pair_loss`, margin the difference of mean
        log-probabilities.
    """
    chosen_P, rejected_P = split(policy.mean_B)
    _, refused_P = split(per_token(log_complement(policy.logp_N), batch))
    return pair_loss(batch, policy, -chosen_P - alpha * refused_P, (chosen_P - rejected_P).detach())
