"""A network's matrices made coarser or emptier in place, and what that does to its states and logits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from limbeck.errors import LimbeckError

WHOLE = 16
"""Bits from which on nothing is rounded: what is stored in a half has no more."""


def layers(model: Any) -> Iterator[nn.Linear]:
    """The linear layers inside the blocks, without embeddings and output head."""
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear) and layer is not head and not name.endswith("lm_head"):
            yield layer


def rounded(values: Tensor, bits: int, group: int = 0) -> Tensor:
    """Values at the nearest of ``2**bits - 1`` even levels from minus to plus the largest of their group.

    With two bits three levels are left. A group is ``group`` neighbours of the last axis (the last group may
    be smaller), all of them at 0. Computation stays in the values' own type ("fake" quantisation).

    Args:
        bits: of a value, its sign included; from `WHOLE` on the values come back as they are.
    """
    if bits >= WHOLE:
        return values
    parts = values.split(group, -1) if group else (values,)
    return torch.cat([_rounded(part, scale_of(part, bits)) for part in parts], -1)


def scale_of(values: Tensor, bits: int) -> Tensor:
    """The distance of two levels, one for all of the last axis, which stays with length 1."""
    scale: Tensor = values.abs().amax(-1, keepdim=True).clamp(min=1e-12) / (2 ** (bits - 1) - 1)
    return scale


def _rounded(values: Tensor, scale: Tensor) -> Tensor:
    return (values / scale).round() * scale


def rounded_between(values: Tensor, bits: int) -> Tensor:
    """Values at the nearest of ``2**bits`` even levels from the least to the largest of the last axis.

    Keys and values lie far from even around 0, so their levels need not (KIVI, arXiv 2402.02750).
    """
    if bits >= WHOLE:
        return values
    low = values.amin(-1, keepdim=True)
    scale = (values.amax(-1, keepdim=True) - low).clamp(min=1e-12) / (2**bits - 1)
    told: Tensor = ((values - low) / scale).round() * scale + low
    return told


@torch.no_grad()
def quantise(model: nn.Module, bits: int, group: int = 0) -> int:
    """Round every matrix (see `rounded`), row by row or within rows by groups; returns how many weights."""
    changed = 0
    for layer in layers(model) if bits < WHOLE else ():
        layer.weight.copy_(rounded(layer.weight, bits, group))
        changed += layer.weight.numel()
    return changed


@torch.no_grad()
def prune(model: nn.Module, share: float) -> int:
    """Set the smallest ``share`` of every matrix's entries to 0 (magnitude pruning); returns how many."""
    changed = 0
    for layer in layers(model):
        weight_OI = layer.weight
        count = int(share * weight_OI.numel())
        if count:
            weight_OI.view(-1)[weight_OI.abs().view(-1).topk(count, largest=False).indices] = 0
        changed += count
    return changed


def drop(model: Any, places: Sequence[int]) -> list[int]:
    """Take blocks out of a network, whose configuration says so from then on; returns them in order.

    Raises:
        LimbeckError: none would stay, or the network's blocks are no plain list that its body runs through.
    """
    body, config = model.base_model, model.config
    total = config.num_hidden_layers
    gone = sorted({*places})
    if len(gone) >= total:
        raise LimbeckError(f"layers={len(gone)}: the model has {total}, and at least one must stay")
    if not isinstance(getattr(body, "layers", None), nn.ModuleList) or len(body.layers) != total:
        raise LimbeckError(f"models of type {config.model_type!r} have no plain list of blocks to shorten")
    stay = [at for at in range(total) if at not in gone]
    body.layers = nn.ModuleList(body.layers[at] for at in stay)
    # A cache is kept by number.
    for at, block in enumerate(body.layers):
        for part in block.modules():
            if hasattr(part, "layer_idx"):
                part.layer_idx = at
    if getattr(config, "layer_types", None):
        config.layer_types = [config.layer_types[at] for at in stay]
    config.num_hidden_layers = len(stay)
    return gone


def effective_rank(states_ND: Tensor) -> float:
    """``exp(-sum p log p)`` of the singular values' shares p, of centred states of norm 1 (Roy and Vetterli
    2007)."""
    states_ND = states_ND.double()
    states_ND = states_ND / states_ND.norm(dim=1, keepdim=True).clamp(min=1e-12)
    values_D = torch.linalg.svdvals(states_ND - states_ND.mean(0))
    share_D = values_D / values_D.sum().clamp(min=1e-12)
    return float(torch.special.entr(share_D).sum().exp())


def energy(logits_NV: Tensor, temperature: float = 1.0) -> Tensor:
    """``-T logsumexp(logits / T)`` of each position."""
    return -temperature * (logits_NV / temperature).logsumexp(-1)


def top_agreement(one_NV: Tensor, other_NV: Tensor, k: int) -> Tensor:
    """Share of the k largest logits of each position that are among the k largest of the other."""
    k = min(k, one_NV.shape[-1])
    one_NK, other_NK = one_NV.topk(k).indices, other_NV.topk(k).indices
    return (one_NK[:, :, None] == other_NK[:, None]).any(-1).double().mean(-1)
