"""Random numbers that belong to a row, and the choice of a token by them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from limbeck.generation import Sampling


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
    1904.09751)."""
    if uniform_R is None:
        return logits_RV.argmax(-1)
    probs_RV = torch.softmax(logits_RV.float() / sampling.temperature, -1)
    if sampling.top_p >= 1:
        cdf_RV = probs_RV.cumsum(-1)
        return (cdf_RV <= uniform_R[:, None] * cdf_RV[:, -1:]).sum(-1)
    sorted_RV, index_RV = probs_RV.sort(-1, descending=True)
    cdf_RV = sorted_RV.cumsum(-1)
    # A token is in the nucleus when what is likelier than it does not yet reach top_p.
    inside_R1 = (cdf_RV - sorted_RV < sampling.top_p).sum(-1, keepdim=True)
    target_R1 = uniform_R[:, None] * cdf_RV.gather(-1, inside_R1 - 1)
    return index_RV.gather(-1, (cdf_RV <= target_R1).sum(-1, keepdim=True))[:, 0]
