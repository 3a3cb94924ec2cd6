"""How deep a network thinks at each step: how far its late layers still move from what they would have said.

The reasoning score of a step (arXiv 2505.12886) is the mean, over its tokens and some late layers, of the
Jensen-Shannon divergence between what the last layer says and what the lens shows behind the layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from limbeck.networks.batch import Batch
from limbeck.networks.lens import jensen_shannon, lens_logits
from limbeck.networks.policy import Network, Policy

Array = np.ndarray
LOWEST = 0.25
"""The quartile of a trace's early steps that counts as shallow."""


@dataclass(frozen=True)
class Reader:
    """A reading for `limbeck.networks.probe.Probe.tokens`.

    Args:
        late: the share of the layers, counted from the last but one, whose lens is compared.
    """

    network: Network
    late: float

    def __call__(self, batch: Batch, policy: Policy) -> tuple[Tensor, Tensor, Tensor]:
        assert policy.head is not None, "what is read has a head"
        logits_NV = policy.head.logits(slice(None))
        inner = policy.layers[
            1:-1
        ]  # neither the embeddings nor the last layer, whose word is the model's own
        chosen = inner[-max(1, round(self.late * len(inner))) :]
        scores = [jensen_shannon(logits_NV, lens_logits(self.network, _at(layer, batch))) for layer in chosen]
        score_N = torch.stack(scores).mean(0) if scores else logits_NV.new_zeros(len(logits_NV))
        logp_NV = logits_NV.log_softmax(-1)
        entropy_N = -(logp_NV.exp() * logp_NV).sum(-1)
        return score_N, -logp_NV.gather(-1, batch.target_N[:, None])[:, 0], entropy_N


def _at(layer_BTD: Tensor, batch: Batch) -> Tensor:
    return layer_BTD.flatten(0, 1).index_select(0, batch.index_N)


def step_means(values_n: Array, step_n: Array, count: int) -> Array:
    """The mean of each of ``count`` steps' tokens; not a number where a step has none. Tokens of step -1 are
    of none."""
    inside = step_n >= 0
    sums = np.bincount(step_n[inside], values_n[inside], count)
    sizes = np.bincount(step_n[inside], minlength=count)
    means: Array = np.divide(sums, sizes, out=np.full(count, np.nan), where=sizes > 0)
    return means


def features(
    scores_k: Array, surprisal_k: Array, looks_kk: Array, early: float, tau: float
) -> dict[str, float]:
    """The four marks of a hallucinated trace that the paper finds, from its steps.

    Args:
        scores_k: reasoning scores.
        surprisal_k: mean surprisals, the logarithm of perplexity.
        looks_kk: how much each step (row) attends to each earlier one.
        early: the share of the steps that are early ones, at least one.
        tau: a score above which a step counts as overthought.

    Returns:
        ``mean`` of the scores; ``cv``, their spread over their mean among early steps; ``attention``, the
        share of what late steps attend to among early ones that is on odd ones, shallow or overthought;
        ``checks``, the correlation of scores with perplexity, 0 where either never varies.
    """
    known = ~np.isnan(scores_k)
    scores, surprisal, looks = scores_k[known], surprisal_k[known], looks_kk[known][:, known]
    if not len(scores):
        return {}
    first = max(1, int(early * len(scores)))
    begun = scores[:first]
    odd = (begun <= np.quantile(begun, LOWEST)) | (begun > tau)
    behind = looks[first:, :first]
    total = float(behind.sum())
    perplexity = np.exp(surprisal)
    varied = len(scores) > 1 and scores.std() > 0 and perplexity.std() > 0
    return {
        "mean": float(scores.mean()),
        "cv": float(begun.std() / begun.mean()) if begun.mean() > 0 else 0.0,
        "attention": float(behind[:, odd].sum()) / total if total else 0.0,
        "checks": float(np.corrcoef(scores, perplexity)[0, 1]) if varied else 0.0,
    }


def looks(attention_TT: Array, step_n: Array, start: int, count: int) -> Array:
    """How much the tokens of each step attend to those of each other, ``[count, count]``, from attention
    ``[T, T]`` of a row whose completion begins at ``start``."""
    inside = step_n >= 0
    places = start + np.flatnonzero(inside)
    member_nk = np.eye(count)[step_n[inside]]
    between: Array = member_nk.T @ attention_TT[np.ix_(places, places)] @ member_nk
    return between


def shaped(rewards_t: Sequence[float], potentials_t: Sequence[float], gamma: float = 1.0) -> list[float]:
    """Potential-based shaping, ``r + γ Φ(s') - Φ(s)`` (Ng et al. 1999): which policy is best stays as it was.

    Args:
        rewards_t: of each of ``n`` steps.
        potentials_t: of each of the ``n + 1`` states before, between and behind them.

    Returns:
        Rewards whose discounted sum is that of the given ones and ``γ^n Φ(s_n) - Φ(s_0)``.

    Raises:
        ValueError: for another number of potentials.
    """
    moves = zip(rewards_t, potentials_t[:-1], potentials_t[1:], strict=True)
    return [reward + gamma * after - before for reward, before, after in moves]


def potential(score: float, tau: float, alpha: float = 1.0) -> float:
    """The paper's potential of a step: ``-α R`` up to ``tau``, 0 beyond, where a step is overthought."""
    return -alpha * score if score <= tau else 0.0
