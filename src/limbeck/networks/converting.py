"""An attention model made a recurrent one: its weights go where they belong."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor

from limbeck.errors import LimbeckError, nearest
from limbeck.networks.recurrent import FULL, LINEAR, RecurrentConfig, RecurrentForCausalLM

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
"""Whose layers are those of `RecurrentForCausalLM`, but for norms of queries and keys and for biases."""

SHARED = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "hidden_act", "max_position_embeddings", "initializer_range", "rms_norm_eps",
    "tie_word_embeddings", "rope_parameters", "pad_token_id", "bos_token_id", "eos_token_id",
)  # fmt: skip


def check(config: Any, keep: Collection[int]) -> None:
    """Refuse what cannot be made recurrent.

    Raises:
        LimbeckError: another architecture, layers that it does not have, attention in windows, or nothing to
            convert.
    """
    kind, layers = config.model_type, config.num_hidden_layers if hasattr(config, "num_hidden_layers") else 0
    if kind not in FAMILIES:
        raise LimbeckError(
            f"students/recurrent: a model of type {kind!r} cannot be made recurrent; "
            f"it is for {', '.join(FAMILIES)}{nearest(kind, FAMILIES)}"
        )
    for layer in keep:
        if not 1 <= layer <= layers:
            raise LimbeckError(f"students/recurrent: keep={list(keep)}: the model has layers 1 to {layers}")
    if len(set(keep)) == layers:
        raise LimbeckError(f"students/recurrent: keep={list(keep)} leaves none of {layers} layers to convert")
    if getattr(config, "sliding_window", None) or getattr(config, "mlp_bias", False):
        raise LimbeckError(
            "students/recurrent: attention in windows and biases of feed-forward layers are not taken over"
        )


def converted(
    model: Any, keep: Collection[int], conv: int, rotary: bool, mapped: bool, seed: int
) -> RecurrentForCausalLM:
    """A recurrent model with a model's weights; layers ``keep``, counted from 1, attend as before.

    A recurrent layer has as many heads for keys and values as for queries: shared ones are repeated.

    Args:
        mapped: projections start from attention's; else they are random, and the rest is taken over.

    Raises:
        LimbeckError: as `check`.
    """
    check(model.config, keep)
    source: dict[str, Tensor] = model.state_dict()
    config = _config(model.config, keep, conv, rotary, any("q_norm" in name for name in source))
    config.attention_bias = any(name.endswith("q_proj.bias") for name in source)
    torch.manual_seed(seed)
    made: RecurrentForCausalLM = RecurrentForCausalLM(config).to(model.dtype)
    kinds, keys = config.layer_types or [], config.num_key_value_heads or config.num_attention_heads
    groups = config.num_attention_heads // keys
    weights = {}
    for name, value in made.state_dict().items():
        parts = name.split(".")
        linear = "self_attn" in parts and kinds[int(parts[2])] == LINEAR
        if name not in source:
            # Qwen2 has biases of queries, keys and values alone; what a recurrence adds has its own start.
            weights[name] = torch.zeros_like(value) if name.endswith("o_proj.bias") else value
        elif linear and not mapped:
            weights[name] = value
        elif linear and parts[-2] in ("k_proj", "v_proj"):
            each = source[name].unflatten(0, (config.num_key_value_heads, config.head_dim))
            weights[name] = each.repeat_interleave(groups, 0).flatten(0, 1)
        else:
            weights[name] = source[name]
    made.load_state_dict(weights)
    made.generation_config = model.generation_config
    return made


def _config(config: Any, keep: Collection[int], conv: int, rotary: bool, qk_norm: bool) -> RecurrentConfig:
    kinds = [FULL if layer + 1 in keep else LINEAR for layer in range(config.num_hidden_layers)]
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    shared = {name: getattr(config, name) for name in SHARED}
    return RecurrentConfig(
        **shared, head_dim=width, layer_types=kinds, qk_norm=qk_norm, rotary=rotary, conv=conv,
        dtype=config.dtype,
    )  # fmt: skip
