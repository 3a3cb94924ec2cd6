"""Causal attention in bfloat16 on a CPU: blocks of queries, each with the keys up to its last one.

The kernel of torch is built for other machines: 1.4 to 2.3 times as slow on rows of 200 to 3,400 tokens.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

NAME = "limbeck_causal"
"""Among the attentions of `transformers`."""

BLOCK = 128
GROUP = 2**19
"""Weights computed at a time, over heads: 2 MB in float32."""

LONGEST = 2048
"""Longest row attended to in blocks. Weights are kept for the backward pass, as many bytes a token and layer
as the row has tokens times heads: half of what else is kept, at this length. Computing them twice is no
faster than torch."""

UNKNOWN = ("position_bias", "softcap", "s_aux", "cache")
"""What else models may ask of an attention; these go to torch's, which computes or refuses them."""


def use(model: Any) -> str:
    """Let a model attend in blocks wherever it is plainly causal in bfloat16; why it cannot, where this
    machine could.

    The machine is a CPU with AVX512-BF16, where blocks were measured to be faster, and without AMX, where
    nothing was measured. The model's attention is torch's, called through the interface of `transformers`.
    """
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    if not fast(inner.device.type):
        return ""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    usual = inner.config._attn_implementation
    if usual not in (NAME, "sdpa") or not inner._can_set_attn_implementation():
        return f"{type(inner).__name__} attends in its own way; bfloat16 attends in blocks where torch does"
    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)  # which gives none where attention is plainly causal
    inner.set_attn_implementation(NAME)
    return ""


def fast(device: str) -> bool:
    """Whether blocks were measured to be faster on such a device."""
    has = [getattr(torch.cpu, f"_is_{name}_supported", bool)() for name in ("avx512_bf16", "amx_tile")]
    return device == "cpu" and has == [True, False]


def attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None,
    scaling: float | None = None, dropout: float = 0.0, is_causal: bool | None = None, **given: Any,
) -> tuple[Tensor, None]:  # fmt: skip
    """An attention of `transformers`: in blocks what is plainly causal and in bfloat16, else by torch.

    Args:
        query: ``[B, heads, T, D]``; ``key`` and ``value`` may have fewer heads, which share them.

    Returns:
        ``[B, T, heads, D]``.
    """
    causal = getattr(module, "is_causal", True) if is_causal is None else is_causal
    plain = causal and attention_mask is None and not dropout
    whole = query.shape[2] == key.shape[2] <= LONGEST
    usual = all(given.get(name) is None for name in UNKNOWN) and key.shape == value.shape
    if plain and whole and usual and value.dtype == torch.bfloat16 and value.device.type == "cpu":
        scale = query.shape[-1] ** -0.5 if scaling is None else scaling
        with torch.autocast("cpu", enabled=False):  # it would compute the weights in float32
            return _Causal.apply(query, key, value, scale), None  # type: ignore[no-untyped-call]
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    return sdpa_attention_forward(
        module, query, key, value, attention_mask, dropout, scaling, is_causal, **given
    )


class _Causal(torch.autograd.Function):
    """``softmax(scale · query keyᵀ) value`` of each query and the keys up to its own. ``G`` heads of keys,
    of all rows, are read by ``R`` heads of queries each."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        rows, heads, width, size = query.shape
        shared = heads // key.shape[1]
        query_GRTD = _dense(query, (-1, shared, width, size))
        key_all, value_all = (_dense(each, (-1, width, size)) for each in (key, value))
        out_GRTD = torch.empty_like(query_GRTD)
        kept, keeps = [], any(ctx.needs_input_grad)
        room = _room(query_GRTD, torch.float32)
        for some, block, end in _blocks(query_GRTD):
            key_GTD, value_GTD = (each[some, :end].contiguous() for each in (key_all, value_all))
            weight = _weights(query_GRTD[some, :, block], key_GTD, scale, room)
            out_GRTD[some, :, block] = _many(weight @ value_GTD, shared)
            if keeps:
                kept.append(weight)
        ctx.save_for_backward(query_GRTD, key_all, value_all, *kept)
        ctx.scale = scale
        ctx.kinds = [(each.dtype, each.shape) for each in (query, key, value)]
        return out_GRTD.view(rows, heads, width, size).transpose(1, 2).contiguous()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        query_GRTD, key_all, value_all, *kept = ctx.saved_tensors
        shared = query_GRTD.shape[1]
        grad_GRTD = _dense(grads[0].transpose(1, 2), query_GRTD.shape)
        d_query_GRTD = torch.empty_like(query_GRTD)
        # Sums over many blocks; in bfloat16 each would round.
        d_key_GTD, d_value_GTD = (torch.zeros_like(key_all, dtype=torch.float32) for _ in range(2))
        room = _room(query_GRTD, torch.bfloat16)
        for weight, (some, block, end) in zip(kept, _blocks(query_GRTD), strict=True):
            query_GND, grad_GND = (each[some, :, block].flatten(1, 2) for each in (query_GRTD, grad_GRTD))
            key_GTD, value_GTD = (each[some, :end].contiguous() for each in (key_all, value_all))
            d_value_GTD[some, :end] += weight.mT @ grad_GND
            d_weight = torch.bmm(grad_GND, value_GTD.mT, out=_fitting(room, weight.shape))
            d_score = torch._softmax_backward_data(d_weight, weight, -1, weight.dtype)
            d_query_GRTD[some, :, block] = _many(d_score @ key_GTD, shared)
            d_key_GTD[some, :end] += d_score.mT @ query_GND
        by_scale = (each.mul_(ctx.scale) for each in (d_query_GRTD, d_key_GTD))
        pairs = zip((*by_scale, d_value_GTD), ctx.kinds, strict=True)
        return (*(gradient.view(shape).to(dtype) for gradient, (dtype, shape) in pairs), None)


def _dense(tensor: Tensor, shape: Sequence[int]) -> Tensor:
    return tensor.to(torch.bfloat16).reshape(shape).contiguous()


def _blocks(query_GRTD: Tensor) -> Iterator[tuple[slice, slice, int]]:
    """Some heads of keys, a block of their queries, and how many keys the last of these reads."""
    heads, shared, width, _ = query_GRTD.shape
    some = max(1, GROUP // (shared * BLOCK * width))
    for first in range(0, heads, some):
        for start in range(0, width, BLOCK):
            end = min(start + BLOCK, width)
            yield slice(first, first + some), slice(start, end), end


def _room(query_GRTD: Tensor, dtype: torch.dtype) -> Tensor:
    """For the scores of the largest group of blocks: the same memory for all stays in the cache."""
    heads, shared, width, _ = query_GRTD.shape
    some = min(heads, max(1, GROUP // (shared * BLOCK * width)))
    return torch.empty(some * shared * min(BLOCK, width) * width, dtype=dtype)


def _fitting(room: Tensor, shape: Sequence[int]) -> Tensor:
    return room[: math.prod(shape)].view(shape)


def _many(values_GND: Tensor, shared: int) -> Tensor:
    heads, both, size = values_GND.shape
    return values_GND.view(heads, shared, both // shared, size)


def _weights(query_GRND: Tensor, key_GTD: Tensor, scale: float, room: Tensor) -> Tensor:
    """Weights ``[G, R · N, T]`` of ``T`` keys for the ``N`` queries of the last of them."""
    heads, shared, block, _ = query_GRND.shape
    width = key_GTD.shape[1]
    # Scores of pretrained students reach hundreds, of which bfloat16 keeps the whole numbers alone.
    score = _fitting(room, (heads, shared * block, width))
    torch.bmm(query_GRND.flatten(1, 2).float().mul_(scale), key_GTD.float().mT, out=score)
    later = torch.full((block, block), -math.inf).triu_(1)
    _many(score, shared)[..., width - block :] += later
    weight: Tensor = torch.softmax(score, -1, out=score).to(key_GTD.dtype)
    return weight
