"""Which token of one sequence belongs to which of another: by position, by the text, by least edits, by
transport."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from limbeck.errors import unknown

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Policy
    from limbeck.objectives.ops import Signal

PAIRINGS = ("index", "characters", "edits")


def by_index(count: int, other: int) -> np.ndarray:
    """The first with the first and so on, ``[min, 2]``."""
    return np.arange(min(count, other))[:, None].repeat(2, 1)


def by_characters(spans: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Tokens that begin at the same character, ``[pairs, 2]``: there both models have read the same text.

    Args:
        spans, others: ``[n, 2]``, begin and end in one text.
    """
    starts, first = np.unique(spans[:, 0], return_index=True)
    theirs, second = np.unique(others[:, 0], return_index=True)
    _, a, b = np.intersect1d(starts, theirs, return_indices=True)
    return np.stack([first[a], second[b]], 1)


def edit_path(tokens: Sequence[str], others: Sequence[str]) -> np.ndarray:
    """Matches of a cheapest monotone path through two token sequences, ``[pairs, 2]`` (Fu et al., arXiv
    2301.12726).

    Leaving a token out costs 1, matching two costs the share of the longer one that they do not begin with
    alike; equal tokens are free. What has nothing in common may lie on the path but is no match. Dynamic
    programming in ``n * m`` steps, a diagonal at a time.
    """
    n, m = len(tokens), len(others)
    # Words recur, so each two of them are compared once.
    both = (np.array(list(each), dtype=object) for each in (tokens, others))
    (words, i), (known, j) = (np.unique(each, return_inverse=True) for each in both)
    table = np.array([[_mismatch(a, b) for b in known] for a in words]).reshape(len(words), len(known))
    match = table[i][:, j]
    cost = np.full((n + 1, m + 1), np.inf)
    cost[:, 0], cost[0] = np.arange(n + 1), np.arange(m + 1)
    for diagonal in range(2, n + m + 1):
        i = np.arange(max(1, diagonal - m), min(n, diagonal - 1) + 1)
        j = diagonal - i
        together = cost[i - 1, j - 1] + match[i - 1, j - 1]
        cost[i, j] = np.minimum(together, np.minimum(cost[i - 1, j], cost[i, j - 1]) + 1)
    pairs = []
    while n and m:
        if cost[n, m] == cost[n - 1, m - 1] + match[n - 1, m - 1]:
            n, m = n - 1, m - 1
            if match[n, m] < 1:
                pairs.append((n, m))
        elif cost[n, m] == cost[n - 1, m] + 1:
            n -= 1
        else:
            m -= 1
    return np.array(pairs[::-1], dtype=np.int64).reshape(-1, 2)


def _mismatch(ours: str, theirs: str) -> float:
    """0 for equal tokens, below 1 where they begin alike, 1.5 where they have nothing in common."""
    if ours == theirs:
        return 0.0
    common = next(
        (i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs))
    )
    return 1 - common / max(len(ours), len(theirs)) if common else 1.5


def pair_tokens(batch: Batch, policy: Policy, signal: Signal, pairing: str) -> tuple[Tensor, Tensor]:
    """Flat indices of paired completion tokens, the student's and the teacher's, over all rows.

    End tokens, which stand for no text, are left aside.

    Raises:
        LimbeckError: an unknown pairing.
    """
    import torch

    if pairing not in PAIRINGS:
        raise unknown("pairing", pairing, PAIRINGS, "pairing")
    assert signal.other is not None, "the trainer supplies what NEEDS asks for"
    assert policy.spans_N2 is not None, "rows are located where two tokenizers meet"
    assert signal.spans_N2 is not None, "rows are located where two tokenizers meet"
    rows = [batch.row_N.cpu().numpy(), signal.other.row_N.cpu().numpy()]
    spans = [policy.spans_N2.cpu().numpy(), signal.spans_N2.cpu().numpy()]
    targets = [batch.target_N.cpu().numpy(), signal.other.target_N.cpu().numpy()]
    paired = [np.empty((0, 2), dtype=np.int64)]
    for row in range(len(batch.ids)):
        ours, theirs = (_telling(row, *side) for side in zip(rows, spans, strict=True))
        if pairing == "index":
            pairs = by_index(len(ours), len(theirs))
        elif pairing == "characters":
            pairs = by_characters(spans[0][ours], spans[1][theirs])
        else:
            pairs = edit_path(
                [signal.words[0][index] for index in targets[0][ours]],
                [signal.words[1][index] for index in targets[1][theirs]],
            )
        paired.append(np.stack([ours[pairs[:, 0]], theirs[pairs[:, 1]]], 1))
    both = torch.from_numpy(np.concatenate(paired)).to(batch.row_N.device)
    return both[:, 0], both[:, 1]


def _telling(row: int, row_N: np.ndarray, spans_N2: np.ndarray) -> np.ndarray:
    """Flat indices of a row's tokens that stand for some text."""
    return np.flatnonzero((row_N == row) & (spans_N2[:, 1] > spans_N2[:, 0]))


def sinkhorn(cost_nm: Tensor, epsilon: float = 0.05, steps: int = 200) -> Tensor:
    """The entropic transport plan between uniform masses (Cuturi, arXiv 1306.0895), in log space, without
    gradient.

    Args:
        cost_nm: ``[n, m]``.
        epsilon: weight of the entropy; the smaller the nearer to the cheapest plan, and the more steps it
            takes.

    Returns:
        ``[n, m]``, summing to one; its columns' sums are exact, its rows' as exact as ``steps`` make them.
    """
    import math

    import torch

    with torch.no_grad():
        kernel = -cost_nm / epsilon
        n, m = cost_nm.shape
        f, g = torch.zeros_like(cost_nm[:, :1]), torch.zeros_like(cost_nm[:1])
        for _ in range(steps):
            f = -math.log(n) - (kernel + g).logsumexp(1, keepdim=True)
            g = -math.log(m) - (kernel + f).logsumexp(0, keepdim=True)
        return (kernel + f + g).exp()


def profile_distance(
    batch: Batch,
    policy: Policy,
    signal: Signal,
    pairing: str,
    temperature: float = 1.0,
    shuffled: bool = False,
) -> Tensor:
    """``[B]``: mean distance of sorted distributions over each row's pairs, by token weights; 0 for a row
    without."""
    import torch

    assert signal.teacher is not None, "the trainer supplies what NEEDS asks for"
    ours, theirs = pair_tokens(batch, policy, signal, pairing)
    if shuffled:
        theirs = theirs[torch.randperm(len(theirs), device=theirs.device)]
    teacher = signal.teacher

    def distance(logits_SV: Tensor, places_S: Tensor) -> Tensor:
        student = (logits_SV / temperature).log_softmax(-1)
        return sorted_distance(student, teacher.log_probs(theirs[places_S], temperature))

    gap = policy.of_some(ours, distance, teacher.vocabulary)
    rows, weight = batch.row_N[ours], batch.token_weight_N[ours].to(gap.dtype)
    nothing_B = gap.new_zeros(len(batch.ids))
    total_B, weight_B = nothing_B.index_add(0, rows, weight * gap), nothing_B.index_add(0, rows, weight)
    return total_B / weight_B.masked_fill(weight_B == 0, 1)


def sorted_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """L1 distance of sorted probabilities, from log-probabilities ``[C, V]`` and ``[C, V']``."""
    from torch.nn.functional import pad

    q, p = (_descending(values.exp()) for values in (student, teacher))
    width = max(q.shape[-1], p.shape[-1])
    return (pad(q, (0, width - q.shape[-1])) - pad(p, (0, width - p.shape[-1]))).abs().sum(-1)


def _descending(values: Tensor) -> Tensor:
    """Sorted along the last axis; by NumPy, three times as fast, where no gradient asks for the order."""
    from torch import from_numpy

    if values.requires_grad or values.device.type != "cpu":
        return values.sort(-1, descending=True).values
    return from_numpy(np.sort(values.numpy(), -1)).flip(-1)
