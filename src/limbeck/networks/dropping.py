"""Dropout of attention weights while a model writes, drawn for each row by itself.

What a row drops depends on its key, the layer, the head and both positions, on nothing else: not on what lies
beside it in a batch, nor on whether a prefix is read at once or token by token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from limbeck.errors import LimbeckError
from limbeck.networks.twins import inner_of

NAME = "limbeck_dropping"
"""Among the attentions of `transformers`."""
MANTISSA = 53


def row_key(seed: int, prompt: Sequence[int], number: int) -> int:
    """63 bits that stand for a sample."""
    told = np.asarray([seed, number, *prompt], np.int64).tobytes()
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "little") >> 1


class Dropping:
    """The state that a network's attention layers read: which rows are in the batch.

    Args:
        rate: of attention weights that are dropped; the rest is scaled by ``1 / (1 - rate)``.
    """

    def __init__(self, rate: float) -> None:
        self.rate, self.asked = rate, 0
        self.keys: list[int] = []
        self.pads: list[int] = []
        self.width = 0

    def put(self, network: Any) -> None:
        """Have a network, which must be nobody else's, attend so.

        Raises:
            LimbeckError: it attends in a way of its own.
        """
        from transformers import AttentionInterface
        from transformers.masking_utils import AttentionMaskInterface, eager_mask

        inner = inner_of(network)
        if not inner._can_set_attn_implementation():
            raise LimbeckError(
                f"{type(inner).__name__} attends in its own way, where no weight can be dropped"
            )
        AttentionInterface.register(NAME, attend)
        AttentionMaskInterface.register(NAME, eager_mask)
        inner.set_attn_implementation(NAME)
        for module in inner.modules():
            module.limbeck_dropping = self

    def keep(self, module: Any, weights_RHQK: Tensor) -> Tensor:
        """Which weights stay, and by how much they are scaled."""
        self.asked += 1
        device, (_, heads, queries, keys) = weights_RHQK.device, weights_RHQK.shape
        pads_R111 = torch.tensor(self.pads, device=device).view(-1, 1, 1, 1)
        # Positions of rows, not columns of the batch: what is padded in front must change nothing.
        at_Q1 = torch.arange(self.width - queries, self.width, device=device)[:, None]
        at_K = torch.arange(self.width - keys, self.width, device=device)
        place_R1QK = (at_Q1 - pads_R111) * 2**31 + (at_K - pads_R111)
        head_H11 = torch.arange(heads, device=device).view(-1, 1, 1)
        base_RHQK = _mixed(
            torch.tensor(self.keys, device=device).view(-1, 1, 1, 1) + module.layer_idx * 2**20 + head_H11
        )
        drawn = (_mixed(base_RHQK + place_R1QK) >> 11) & (2**MANTISSA - 1)
        kept: Tensor = (drawn >= self.rate * 2.0**MANTISSA).to(weights_RHQK.dtype) / (1 - self.rate)
        return kept


def _mixed(x: Tensor) -> Tensor:
    """The finaliser of SplitMix64 (Steele et al. 2014), on integers that wrap."""
    for shift, factor in ((30, -0x40A7B892E31B1A47), (27, -0x6B2FB644ECCEEE15)):
        x = (x ^ _shifted(x, shift)) * factor
    mixed: Tensor = x ^ _shifted(x, 31)
    return mixed


def _shifted(x: Tensor, by: int) -> Tensor:
    shifted: Tensor = (x >> by) & (2 ** (64 - by) - 1)
    return shifted


def attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None,
    scaling: float | None = None, **given: Any,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """``drop(softmax(scaling query keyᵀ + mask)) value``: an attention of `transformers`.

    Returns:
        ``[R, Q, heads, D]`` and the weights.
    """
    shared = query.shape[1] // key.shape[1]
    key, value = (each.repeat_interleave(shared, dim=1) for each in (key, value))
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    weights_RHQK = query @ key.transpose(2, 3) * scale
    if attention_mask is not None:
        weights_RHQK = weights_RHQK + attention_mask[..., : key.shape[2]]
    weights_RHQK = weights_RHQK.float().softmax(-1).to(query.dtype)
    dropping: Dropping = module.limbeck_dropping
    if dropping.rate:
        weights_RHQK = weights_RHQK * dropping.keep(module, weights_RHQK)
    return (weights_RHQK @ value).transpose(1, 2).contiguous(), weights_RHQK
