"""Identity preference optimisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives._traces import per_token
from limbeck.objectives.ops import Loss, Signal, pair_loss, split

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive

NEEDS = ("pairs", "reference")


def ipo(batch: Batch, policy: Policy, signal: Signal, *, beta: Positive = 0.1) -> Loss:
    """Identity preference optimisation: a margin with a target instead of a sigmoid (arXiv 2310.12036, eq.
    17).

    ``(h - 1 / (2 beta))²``, ``h`` the difference of the two traces' mean log-ratio to the reference per
    completion token. The paper writes sums; means, which its authors used, make ``beta`` independent of
    length.

    Args:
        beta: the paper's tau. The margin aimed at is ``1 / (2 beta)`` nats per token.

    Returns:
        The sum over pairs in nats²; metrics as in `pair_loss`, margin ``h``.
    """
    assert signal.reference_N is not None, "the trainer supplies what NEEDS asks for"
    chosen_P, rejected_P = split(per_token(policy.logp_N - signal.reference_N, batch))
    margin_P = chosen_P - rejected_P
    return pair_loss(batch, policy, (margin_P - 1 / (2 * beta)) ** 2, margin_P.detach())
