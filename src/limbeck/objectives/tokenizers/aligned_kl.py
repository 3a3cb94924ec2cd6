"""Sparse distributions moved from one vocabulary to another along an alignment."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from limbeck.objectives._policy import mean_of
from limbeck.objectives.ops import Loss, Signal, token_mean
from limbeck.objectives.tokenizers._align import pair_tokens

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.types import Count, Share

NEEDS = ("traces", "teacher_text")


def aligned_kl(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    *,
    k: Count = 5,
    ce: Share = 0.5,
    pairing: Literal["index", "characters", "edits"] = "edits",
) -> Loss:
    """KL to the teacher's likeliest words, each moved to its nearest word of the student (arXiv 2301.12726,
    section 4).

    Tokens are paired by least edits; at a pair, a teacher's word goes to the longest word of the student that
    it begins with, and what goes to the same word adds up. Words that go nowhere are left out and the rest
    scaled to one; tokens without a partner have no part in the KL. Per paired token ``Σ p log(p / q)``.

    Args:
        k: words of the teacher at each token, as an interface that returns a few log-probabilities gives
            them.
        ce: share of the cross-entropy, over all tokens.

    Returns:
        The sum over tokens in nats; metrics ``divergence`` (over paired tokens), ``paired`` (their share) and
        ``logp``.
    """
    import torch

    assert signal.teacher is not None, "the trainer supplies what NEEDS asks for"
    ours, other = pair_tokens(batch, policy, signal, pairing)
    teacher, places = signal.teacher, word_map(*signal.words)

    def divergence_of(logits_SV: Tensor, places_S: Tensor) -> Tensor:
        top = teacher.log_probs(other[places_S]).topk(k, -1)
        target_SV = moved(top.values.exp(), top.indices, places, len(signal.words[0]))
        logq_SV = logits_SV.log_softmax(-1)[:, : target_SV.shape[-1]]
        return (target_SV * (target_SV.clamp(min=1e-12).log() - logq_SV)).sum(-1)

    gap_P = policy.of_some(ours, divergence_of, teacher.vocabulary)
    gap_N = gap_P.new_zeros(len(batch.row_N)).index_add(0, ours, gap_P)
    paired_N = torch.zeros_like(gap_N).index_fill(0, ours, 1.0)
    divergence, share = mean_of(gap_N, batch), mean_of(paired_N, batch)
    metrics = {
        "divergence": (divergence[0], share[0]),
        "paired": share,
        "logp": mean_of(policy.logp_N, batch),
    }
    return token_mean((1 - ce) * gap_N - ce * policy.logp_N, batch, metrics)


def moved(p_PK: Tensor, ids_PK: Tensor, places: Tensor, words: int) -> Tensor:
    """Probabilities of teacher's words as those of the student's, ``[P, words]``; -1 in ``places`` is
    nowhere."""
    import torch

    where_PK = places.to(ids_PK.device)[ids_PK]
    kept_PK = p_PK * (where_PK >= 0)
    total = torch.zeros(len(p_PK), words, dtype=p_PK.dtype, device=p_PK.device)
    total = total.scatter_add(-1, where_PK.clamp(min=0), kept_PK)
    return total / kept_PK.sum(-1, keepdim=True).clamp(min=1e-12)


@lru_cache(maxsize=2)
def word_map(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Tensor:
    """For each of the teacher's words the student's longest that it begins with, or -1."""
    import torch

    known = {word: index for index, word in reversed(list(enumerate(ours))) if word}
    longest = max(map(len, known), default=0)
    places = []
    for word in theirs:
        sizes = range(min(len(word), longest), 0, -1)
        places.append(next((known[word[:size]] for size in sizes if word[:size] in known), -1))
    return torch.tensor(places)
