"""Kahneman-Tversky optimisation: right and wrong traces that need not come in pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.objectives._traces import both_logps, right
from limbeck.objectives.ops import Loss, Signal, row_mean

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Positive, Weight

NEEDS = ("traces", "reference", "rewards")
START = {"kl": 0.0}


def whole_step(baseline: str = "step", **params: object) -> bool:
    """Whether the mean is that of one micro-batch."""
    return baseline == "batch"


def kto(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    beta: Positive = 0.1,
    desirable: Weight = 1.0,
    undesirable: Weight = 1.0,
    baseline: Literal["step", "batch"] = "step",
) -> Loss:
    """Kahneman-Tversky optimisation: right and wrong traces, no pairs needed (arXiv 2402.01306, eq. 7).

    ``desirable * σ(beta [z - r])`` for a trace with a positive reward, ``undesirable * σ(beta [r - z])`` for
    another; ``r`` is the completion's log-ratio to the reference and ``z = max(0, mean r)`` stands for the
    policy's KL from the reference, without gradient.

    Other readings than the authors': they, and TRL after them, average over prompts with other prompts'
    completions of the same batch, which takes a second forward pass; here it is over the traces at hand, by
    their weights, so ``z`` is larger once the student has moved towards right traces and less pulls at these.
    It is that of the previous step, at first 0, unless ``baseline`` is ``batch``.

    Args:
        beta: how fast gain and loss level off; the pull towards the reference.
        desirable: weight of traces with a positive reward.
        undesirable: weight of the others.
        baseline: traces that ``z`` is taken over: ``step`` is all of the previous step, which no cut into
            micro-batches changes; ``batch`` is the micro-batch, as others have it.

    Returns:
        The sum over traces, 0 to 1 each at unit weights; metrics ``kl`` (mean ``r``, nats), ``logp_right``,
        ``logp_wrong``.
    """
    assert signal.reference_B is not None, "the trainer supplies what NEEDS asks for"
    ratio_B = policy.logp_B - signal.reference_B
    kl = (batch.weight_B * ratio_B.detach()).sum()
    count = batch.weight_B.sum()
    # What fills up a rank's share weighs nothing, and must not divide by it.
    z = (kl / count.clamp(min=1e-9)).clamp(min=0) if baseline == "batch" else max(0.0, signal.memory["kl"])
    gain_B = beta * (ratio_B - z)
    loss_B = (desirable * (-gain_B).sigmoid()).where(right(batch), undesirable * gain_B.sigmoid())
    return row_mean(loss_B, batch, {"kl": (kl, count), **both_logps(batch, policy)})


def after(memory: dict[str, float], metrics: dict[str, float], **params: object) -> dict[str, float]:
    """Keep the step's mean log-ratio for the next one."""
    return {"kl": metrics.get("kl", memory["kl"])}
