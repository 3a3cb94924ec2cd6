"""Random numbers that belong to a row, and the choice of a token by them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from limbeck.generation import Sampling

SORTED = 512
"""Tokens that are sorted for a nucleus; in a vocabulary of four times as many or fewer, all are."""

SURE = 1e-5
"""So much more than the nucleus's mass must lie in what was sorted: float32 sums are not exact."""


def digest(ids: list[int]) -> int:
    """64 bits that stand for a prompt."""
    return int.from_bytes(
        hashlib.blake2b(np.asarray(ids, np.int64).tobytes(), digest_size=8).digest(), "little"
    )


def uniforms(keys: Iterable[tuple[int, int, int]], seed: int, steps: int) -> torch.Tensor:
    """Numbers in [0, 1), ``[rows, steps]``, for rows given as (prompt's `digest`, sample number, first step).

    Philox (Salmon et al. 2011) is a function of a key (seed; prompt and sample number) and a counter (the
    step), so a number depends on nothing else. 23 bits each: exact in float32, and their product with a total
    is less than it.
    """
    keys = list(keys)
    table = np.empty((len(keys), steps), dtype=np.uint64)
    bits = np.random.Philox(key=0)
    state: Any = bits.state
    for place, (prompt, number, first) in enumerate(keys):
        # Setting the state is six times faster than making a generator. Each count gives four numbers.
        state["state"]["key"][:] = (seed % 2**64, (prompt + number) % 2**64)
        state["state"]["counter"][:] = (first // 4, 0, 0, 0)
        state["buffer_pos"] = 4
        bits.state = state
        table[place] = bits.random_raw(steps + 3)[first % 4 : first % 4 + steps]
    return torch.from_numpy((table >> np.uint64(41)).astype(np.float32) * np.float32(2**-23))


def choose(logits_RV: torch.Tensor, sampling: Sampling, uniform_R: torch.Tensor | None) -> torch.Tensor:
    """Next tokens: the likeliest without numbers, else by inverse CDF of the nucleus (Holtzman et al.,
    1904.09751).

    Of tokens as likely as one another the one of the lower id comes first.
    """
    if uniform_R is None:
        return logits_RV.argmax(-1)
    probs_RV = _probs(logits_RV, sampling.temperature)
    if sampling.top_p >= 1:
        return inverse(probs_RV.cumsum_(-1), uniform_R)
    if probs_RV.shape[-1] <= 4 * SORTED:
        return _in_nucleus(*_sorted(probs_RV), sampling.top_p, uniform_R)
    # To sort 49,152 tokens takes as long as half a layer of the network that wrote their logits.
    top_RK, index_RK = _by_id(*probs_RV.topk(SORTED))
    # Those as likely as the last one may have fellows that are not among them.
    inner_R = (top_RK > top_RK[:, -1:]).sum(-1)
    mass_R = (top_RK * (top_RK > top_RK[:, -1:])).sum(-1)
    whole_R = (inner_R > 0) & (mass_R >= sampling.top_p + SURE)
    next_R = torch.empty_like(index_RK[:, 0])
    if whole_R.any():
        next_R[whole_R] = _in_nucleus(top_RK[whole_R], index_RK[whole_R], sampling.top_p, uniform_R[whole_R])
    if not whole_R.all():
        flat_R = ~whole_R
        next_R[flat_R] = _in_nucleus(*_sorted(probs_RV[flat_R]), sampling.top_p, uniform_R[flat_R])
    return next_R


def nucleus(logits_RV: torch.Tensor, sampling: Sampling) -> torch.Tensor:
    """The distribution, ``[rows, V]``, that `choose` draws from; one-hot at temperature 0."""
    if sampling.temperature == 0:
        return torch.zeros_like(logits_RV, dtype=torch.float32).scatter_(
            -1, logits_RV.argmax(-1, keepdim=True), 1.0
        )
    probs_RV = _probs(logits_RV, sampling.temperature)
    if sampling.top_p >= 1:
        return probs_RV
    sorted_RV, index_RV = _sorted(probs_RV)
    inside_RV = sorted_RV.cumsum(-1) - sorted_RV < sampling.top_p
    kept_RV = torch.zeros_like(probs_RV).scatter_(-1, index_RV, sorted_RV * inside_RV)
    return kept_RV / kept_RV.sum(-1, keepdim=True)


def _probs(logits_RV: torch.Tensor, temperature: float) -> torch.Tensor:
    scaled_RV = logits_RV.float()
    if temperature != 1:
        scaled_RV = scaled_RV / temperature
    return torch.softmax(scaled_RV, -1)


def inverse(cdf_RK: torch.Tensor, uniform_R: torch.Tensor) -> torch.Tensor:
    """How many places of a running sum do not exceed a share of its last one: the place that is drawn."""
    return torch.searchsorted(cdf_RK, uniform_R[:, None] * cdf_RK[:, -1:], right=True)[:, 0]


def _in_nucleus(
    sorted_RK: torch.Tensor, index_RK: torch.Tensor, top_p: float, uniform_R: torch.Tensor
) -> torch.Tensor:
    cdf_RK = sorted_RK.cumsum(-1)
    # A token is in the nucleus when what is likelier than it does not yet reach top_p.
    inside_R1 = (cdf_RK - sorted_RK < top_p).sum(-1, keepdim=True)
    target_R1 = uniform_R[:, None] * cdf_RK.gather(-1, inside_R1 - 1)
    return index_RK.gather(-1, (cdf_RK <= target_R1).sum(-1, keepdim=True))[:, 0]


def _sorted(probs_RV: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Probabilities, the largest first, and whose they are."""
    sorted_RV, index_RV = torch.sort(probs_RV, dim=-1, descending=True, stable=True)
    return sorted_RV, index_RV


def _by_id(top_RK: torch.Tensor, index_RK: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The same, those as likely as one another in the order of their ids, as `_sorted` has them."""
    index_RK, order_RK = index_RK.sort(-1)
    top_RK, again_RK = _sorted(top_RK.gather(-1, order_RK))
    return top_RK, index_RK.gather(-1, again_RK)
