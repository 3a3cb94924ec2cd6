"""Group-relative policy optimisation, with the switches of its successors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from limbeck.objectives._policy import (
    advantages,
    averaged,
    kl_estimate,
    log_ratio,
    mean_of,
    reward_metrics,
    surrogate,
)
from limbeck.objectives.ops import Loss, Signal
from limbeck.types import Count, Positive, PositiveShare, Ratio, Settings, Weight

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy

ADDED = ("dual_clip",)
NEEDS = ("traces", "rewards")


class Trust(Settings, frozen=True):
    """How far the policy may go from the one that sampled, before a token no longer counts."""

    clip_low: PositiveShare = 0.2
    clip_high: Positive = 0.2
    dual_clip: Ratio | None = None
    importance: Literal["token", "sequence"] = "token"


def needs(kl: float = 0.0, **params: object) -> tuple[str, ...]:
    """A reference only where its KL counts."""
    return (*NEEDS, "reference") if kl else NEEDS


def grpo(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    trust: Trust = Trust(),
    std: Literal["group", "batch", "none"] = "group",
    per: Literal["token", "sequence", "constant"] = "token",
    longest: Count = 1024,
    kl: Weight = 0.0,
    estimator: Literal["k1", "k2", "k3"] = "k3",
    entropy: bool = False,
) -> Loss:
    """Group-relative policy optimisation (DeepSeekMath, arXiv 2402.03300, eq. 3), on rewarded rollouts.

    ``-min(r A, clip(r, 1-low, 1+high) A) + kl * KL`` per token; ``A`` is the reward against the others of its
    problem.

    Args:
        clip_low, clip_high: bounds of the ratio; a higher upper one is DAPO's clip-higher (arXiv 2503.14476).
        dual_clip: largest ratio that counts where ``A < 0``, for which the two set no bound: dual-clip PPO
            (arXiv 1912.09729, with 3). Without it, as in the paper, there is none; it matters from ``reuse``
            2 on.
        std: divide ``A`` by the group's or the batch's spread of rewards, or not (Dr. GRPO, arXiv
            2503.20783).
        per: ``token`` averages over all tokens of the step (DAPO), ``sequence`` over each trace first (the
            original), ``constant`` divides each trace's sum by ``longest`` (Dr. GRPO).
        importance: importance ratios of tokens, or of whole sequences as a mean per token (GSPO, arXiv
            2507.18071; its clips are near 3e-4).
        kl: weight of the KL to the start model, estimated by ``estimator``; 0 needs no such model.
        entropy: also measure the policy's entropy, which costs another pass over the vocabulary.

    Returns:
        The sum as ``per`` says; metrics ``reward``, ``flat`` (share of traces without an advantage),
        ``clipped`` (share of tokens beyond the bounds), and ``kl`` and ``entropy`` where asked for.
    """
    advantage_N = advantages(batch, std)[batch.row_N]
    ratio_N = log_ratio(batch, policy, trust.importance)
    loss_N = surrogate(ratio_N, advantage_N, trust.clip_low, trust.clip_high, trust.dual_clip)
    r_N = ratio_N.detach().exp()
    above_N, below_N = r_N > 1 + trust.clip_high, r_N < 1 - trust.clip_low
    clipped_N = (above_N & (advantage_N > 0)) | (below_N & (advantage_N < 0))
    if trust.dual_clip is not None:
        clipped_N |= (r_N > trust.dual_clip) & (advantage_N < 0)
    metrics = {**reward_metrics(batch), "clipped": mean_of(clipped_N.to(loss_N.dtype), batch)}
    if kl:
        assert signal.reference_N is not None, "the trainer supplies what is needed"
        gap_N = kl_estimate(policy.logp_N, signal.reference_N, estimator)
        loss_N = loss_N + kl * gap_N
        metrics["kl"] = mean_of(gap_N, batch)
    if entropy:
        metrics["entropy"] = mean_of(policy.entropy_N(), batch)
    return averaged(loss_N, batch, per, longest, metrics)
