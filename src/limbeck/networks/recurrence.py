"""A linear recurrence with one decay per head and token, in chunks and a token at a time: the same numbers.

With queries q, keys k and values v of a head, ``S_t = exp(g_t) S_{t-1} + k_t v_t'`` and ``y_t = q_t' S_t``
(Mamba-2's state space duality, arXiv 2405.21060, section 6). The state ``S`` has one size however long the
text is; in chunks the same sums are products of matrices, which is what training wants.

Axes: B rows, H heads, T tokens, K width of queries and keys, P width of values, Q tokens of a chunk.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

CHUNK = 64
"""Tokens of a chunk: within it cost grows with its square, across it there is one product per chunk."""


def chunked(
    query_BHTK: Tensor, key_BHTK: Tensor, value_BHTP: Tensor, log_decay_BHT: Tensor,
    state_BHKP: Tensor | None = None, chunk: int = CHUNK,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """All tokens at once.

    Args:
        log_decay_BHT: 0 or less; 0 where the state is to be kept whole.
        state_BHKP: from earlier tokens, zeros where there were none.

    Returns:
        ``y``, ``[B, H, T, P]``, and the state behind the last token.
    """
    length = query_BHTK.shape[2]
    chunk = min(chunk, length)
    # What is filled up has no key and no decay, so that no state feels it.
    more = -length % chunk
    parts = [pad(each, (0, 0, 0, more)) for each in (query_BHTK, key_BHTK, value_BHTP)]
    query, key, value = (each.unflatten(2, (-1, chunk)) for each in parts)
    passed_BHCQ = pad(log_decay_BHT, (0, more)).unflatten(2, (-1, chunk)).cumsum(-1)
    within = ((query @ key.transpose(-1, -2)) * _decays(passed_BHCQ)) @ value
    left_BHCQ1 = (passed_BHCQ[..., -1:] - passed_BHCQ).exp()[..., None]
    added_BHCKP = (key * left_BHCQ1).transpose(-1, -2) @ value
    whole_BHC = passed_BHCQ[..., -1].exp()
    state = added_BHCKP.new_zeros(added_BHCKP[:, :, 0].shape) if state_BHKP is None else state_BHKP
    before = []
    for place in range(added_BHCKP.shape[2]):
        before.append(state)
        state = whole_BHC[:, :, place, None, None] * state + added_BHCKP[:, :, place]
    across = (query * passed_BHCQ.exp()[..., None]) @ torch.stack(before, 2)
    return (within + across).flatten(2, 3)[:, :, :length], state


def step(
    query_BHK: Tensor, key_BHK: Tensor, value_BHP: Tensor, log_decay_BH: Tensor, state_BHKP: Tensor
) -> tuple[Tensor, Tensor]:
    """One token: ``y``, ``[B, H, P]``, and the next state."""
    kept = log_decay_BH.exp()[..., None, None] * state_BHKP
    state = kept + key_BHK[..., :, None] * value_BHP[..., None, :]
    return (query_BHK[..., None, :] @ state)[..., 0, :], state


def mixing(query_BHTK: Tensor, key_BHTK: Tensor, log_decay_BHT: Tensor) -> Tensor:
    """What each token takes of each earlier one's value, ``[B, H, T, T]``: ``y = mixing @ v``.

    It stands where attention has its softmax.
    """
    return (query_BHTK @ key_BHTK.transpose(-1, -2)) * _decays(log_decay_BHT.cumsum(-1))


def _decays(passed: Tensor) -> Tensor:
    """``exp(passed_t - passed_s)`` for s up to t, 0 behind, over the last axis."""
    length = passed.shape[-1]
    later = torch.ones(length, length, dtype=torch.bool, device=passed.device).triu(1)
    # Masked before the exponential: behind the diagonal it would overflow, and its gradient be NaN.
    return (passed[..., :, None] - passed[..., None, :]).masked_fill(later, -torch.inf).exp()
