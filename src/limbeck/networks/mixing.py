"""A recurrent student's layers by themselves, on states that another network made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from limbeck.errors import LimbeckError
from limbeck.networks.recurrent import LINEAR, RecurrentForCausalLM


def recurrent_layers(model: Any) -> list[int]:
    """Which layers are recurrent, counted from 0.

    Raises:
        LimbeckError: none.
    """
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    if not isinstance(inner, RecurrentForCausalLM):
        raise LimbeckError(
            f"objective 'mixers' leads recurrent layers, and a student of type {inner.config.model_type!r} "
            "has none: begin with one of students/recurrent"
        )
    return [place for place, kind in enumerate(inner.config.layer_types or ()) if kind == LINEAR]


def outputs(model: Any, states: tuple[Tensor, ...]) -> Iterator[tuple[Tensor, Tensor]]:
    """What each recurrent layer makes of the state before it, and the state behind it, ``[B, T, D]`` both.

    Args:
        states: hidden states of a network with as many layers, the embeddings first, the last one normed.
    """
    body = model.base_model
    for place in recurrent_layers(model):
        before, turns = _read(body, states[place])
        made = body.layers[place](before, attention_mask=None, position_embeddings=turns)
        made = made[0] if isinstance(made, tuple) else made
        last = place + 1 == len(body.layers)
        yield body.norm(made) if last else made, states[place + 1]


def weights(model: Any, states: tuple[Tensor, ...], attentions: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """How each recurrent layer mixes the states before it, and how the attention does: ``[B, H, T, T]``
    both."""
    body = model.base_model
    for place in recurrent_layers(model):
        before, turns = _read(body, states[place])
        layer = body.layers[place]
        yield layer.self_attn.weights(layer.input_layernorm(before), turns), attentions[place]


def _read(body: Any, states_BTD: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    states_BTD = states_BTD.to(body.norm.weight.dtype)
    positions = torch.arange(states_BTD.shape[1], device=states_BTD.device)[None]
    return states_BTD, body.rotary_emb(states_BTD, positions)
