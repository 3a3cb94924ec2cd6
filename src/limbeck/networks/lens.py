"""The logit lens: what a network would say if it ended behind one of its layers (nostalgebraist 2020)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from limbeck.errors import LimbeckError
from limbeck.networks.policy import Network

NORMS = ("norm", "ln_f", "final_layer_norm", "final_layernorm", "embedding_norm")
"""What architectures call the norm between their last layer and the head."""


def final_norm(model: Any) -> nn.Module:
    """The norm between a model's last layer and its head, also through `peft`.

    Raises:
        LimbeckError: it has none under a name that is known.
    """
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    body = inner.base_model
    for name in NORMS:
        if isinstance(norm := getattr(body, name, None), nn.Module):
            return norm
    raise LimbeckError(f"a logit lens needs the norm before the head; {type(body).__name__} has none known")


def lens_logits(network: Network, hidden_ND: Tensor, last: bool = False) -> Tensor:
    """Logits ``[N, V]`` of hidden states behind a layer, through the model's own norm and head.

    Args:
        last: the states are behind the last layer, which `transformers` gives with the norm applied.
    """
    normed_ND = hidden_ND if last else final_norm(network.model)(hidden_ND)
    return network.head(normed_ND).logits(slice(None))


def jensen_shannon(logits_NV: Tensor, other_NV: Tensor) -> Tensor:
    """Jensen-Shannon divergence of two distributions in nats, ``[N]``: 0 for equal ones, log 2 at most."""
    p, q = logits_NV.double().softmax(-1), other_NV.double().softmax(-1)
    middle = ((p + q) / 2).clamp(min=torch.finfo(p.dtype).tiny).log()
    return ((_weighted(p, middle) + _weighted(q, middle)) / 2).clamp(min=0)


def _weighted(p: Tensor, log_middle: Tensor) -> Tensor:
    divergence: Tensor = (torch.special.xlogy(p, p) - p * log_middle).sum(-1)
    return divergence
