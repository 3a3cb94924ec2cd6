"""A second network over the same weights, whose settings and layers may be changed by themselves."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from limbeck.errors import LimbeckError


def twin(model: Any, shared: bool = True) -> Any:
    """A copy of a network that computes with the very same tensors.

    Its modules and its configuration are its own, so an attention, a hook or a matrix can be replaced while
    the first network goes on as it was, in another thread too.

    Args:
        shared: whether weights are the same tensors; else they are copied, to be changed.
    """
    held = [*model.parameters(), *model.buffers()] if shared else []
    return copy.deepcopy(model, {id(each): each for each in held}).eval()


def inner_of(model: Any) -> Any:
    """The network itself, behind the wrapper that an adapter puts around it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def blocks(model: Any) -> nn.ModuleList:
    """The transformer blocks of a causal language model, the first nearest to the embeddings.

    Raises:
        LimbeckError: the network has no such list, or several of one length.
    """
    inner = inner_of(model)
    count = getattr(inner.config.get_text_config(), "num_hidden_layers", None)
    lists = [each for each in inner.modules() if isinstance(each, nn.ModuleList) and len(each) == count]
    if len(lists) != 1:
        raise LimbeckError(f"{type(inner).__name__} has {len(lists)} lists of {count} blocks; one is needed")
    return lists[0]


def tapped(layer: nn.Module, change: Callable[[Tensor], Tensor]) -> Any:
    """Have ``change`` make what a block hands on, ``[B, T, D]``, for as long as the handle is not removed."""

    def after(_: nn.Module, __: Any, output: Any) -> Any:
        if isinstance(output, tuple):
            return (change(output[0]), *output[1:])
        return change(output)

    return layer.register_forward_hook(after)


@torch.no_grad()
def last_states(model: Any, prompts: list[list[int]], rows: int = 32) -> Tensor:
    """Hidden states behind each block at the last token of each prompt, ``[layers, prompts, D]`` in float32.

    Prompts of one length are read together, so that no padding is needed.
    """
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
    states: list[Tensor | None] = [None] * len(prompts)
    while order:
        width = len(prompts[order[0]])
        chosen = [place for place in order[:rows] if len(prompts[place]) == width]
        order = order[len(chosen) :]
        ids_RT = torch.tensor([prompts[place] for place in chosen], device=model.device)
        hidden = _behind_blocks(model, ids_RT)
        for at, place in enumerate(chosen):
            states[place] = torch.stack([each_RTD[at, -1].float().cpu() for each_RTD in hidden])
    return torch.stack([each for each in states if each is not None], 1)


def _behind_blocks(model: Any, ids_RT: Tensor) -> list[Tensor]:
    """What each block hands on; read off the blocks, for the last of ``hidden_states`` is normed."""
    seen: list[Tensor] = []

    def note(state_RTD: Tensor) -> Tensor:
        seen.append(state_RTD)
        return state_RTD

    handles = [tapped(layer, note) for layer in blocks(model)]
    try:
        model(input_ids=ids_RT, use_cache=False, logits_to_keep=1)
    finally:
        for handle in handles:
            handle.remove()
    return seen
