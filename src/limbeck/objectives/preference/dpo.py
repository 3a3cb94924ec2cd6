"""Direct preference optimisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.objectives.ops import Loss, Signal, minus_log_sigmoid, pair_loss, split

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive

NEEDS = ("pairs", "reference")
ADDED = ("normalized",)


def dpo(
    batch: Batch, policy: Policy, signal: Signal, *, beta: Positive = 0.1, normalized: bool = False
) -> Loss:
    """Direct preference optimisation: whole sequences against a reference (arXiv 2305.18290, eq. 7).

    ``-log σ(beta [log π/π_ref(y+) - log π/π_ref(y-)])``, log-probabilities summed over the completion.

    Args:
        beta: strength of the pull towards the reference, the student as it stood before training.
        normalized: divide each log-ratio by the completion's tokens (length-normalised DPO, as in arXiv
            2411.15124, section 5, whose β is 5).

    Returns:
        The sum over pairs in nats; metrics as in `pair_loss`, margin the difference of log-ratios.
    """
    assert signal.reference_B is not None, "the trainer supplies what NEEDS asks for"
    ratio_B = policy.logp_B - signal.reference_B
    chosen_P, rejected_P = split(policy.per_token(ratio_B) if normalized else ratio_B)
    margin_P = chosen_P - rejected_P
    return pair_loss(batch, policy, minus_log_sigmoid(beta * margin_P), margin_P.detach())
