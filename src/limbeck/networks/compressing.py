"""A network's matrices made coarser or emptier in place, and what that does to its states and logits."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn


def matrices(model: nn.Module) -> Iterator[Tensor]:
    """The weights of the linear layers inside the blocks, without embeddings and output head."""
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear) and not name.endswith("lm_head"):
            yield layer.weight


@torch.no_grad()
def quantise(model: nn.Module, bits: int) -> None:
    """Round every matrix, row by row, to ``2**bits - 1`` levels from minus to plus its row's largest value.

    With two bits three levels are left. Computation stays in the weights' own type ("fake" quantisation).
    """
    for weight_OI in matrices(model):
        steps = 2 ** (bits - 1) - 1
        scale_O1 = weight_OI.abs().amax(1, keepdim=True).clamp(min=1e-12) / steps
        weight_OI.copy_((weight_OI / scale_O1).round() * scale_O1)


@torch.no_grad()
def prune(model: nn.Module, share: float) -> None:
    """Set the smallest ``share`` of every matrix's entries to 0 (magnitude pruning)."""
    for weight_OI in matrices(model):
        count = int(share * weight_OI.numel())
        if count:
            weight_OI.view(-1)[weight_OI.abs().view(-1).topk(count, largest=False).indices] = 0


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
