"""Recurrent networks of a few thousand weights, whose every weight says something."""

from __future__ import annotations

from typing import Any

import torch

from limbeck.networks.recurrent import FULL, LINEAR, RecurrentConfig, RecurrentForCausalLM

KINDS = {"pure": [LINEAR, LINEAR], "first": [FULL, LINEAR], "last": [LINEAR, FULL]}


def network(kinds: list[str], **config: Any) -> RecurrentForCausalLM:
    """Two layers over 50 words."""
    sizes = {
        "vocab_size": 50, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 512,
        "tie_word_embeddings": True,
    }  # fmt: skip
    torch.manual_seed(0)
    made = RecurrentForCausalLM(RecurrentConfig(**{**sizes, "layer_types": kinds, **config})).eval()
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return made


def words(rows: int = 2, tokens: int = 30) -> torch.Tensor:
    return torch.randint(1, 50, (rows, tokens), generator=torch.Generator().manual_seed(1))
