"""What a network remembers of the tokens it has read, whatever it calls it: keys and values, or states."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import torch
from transformers import DynamicCache

from limbeck.errors import LimbeckError

NAMES = ("past_key_values", "cache_params")
"""Under which networks of `transformers` take their memory; Mamba says ``cache_params``."""


def name_of(model: Any) -> str:
    """Under which name a network takes its memory.

    Raises:
        LimbeckError: under none that is known (RWKV): it would forget all it has read. Names the
            architecture.
    """
    # An adapter's wrapper takes any argument and hands it on.
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    taken = inspect.signature(inner.forward).parameters
    known = next((name for name in NAMES if name in taken), None)
    if known is None:
        kind = model.config.model_type
        raise LimbeckError(
            f"models of type {kind!r} have no cache to sample with that is known here; "
            "use models/vllm or openai"
        )
    return known


def empty(model: Any) -> Any:
    """A memory of nothing, of the kind that the network takes, which `reorder_cache` orders anew whole."""
    if model.config.model_type == "minimax":
        return _minimax()
    return DynamicCache(config=model.config)


def masked(name: str, ids_RT: torch.Tensor) -> bool:
    """Whether a network is told which of all tokens are padding.

    A Mamba's state has none of it after the prompt; falcon_mamba (transformers 5.23) would take the mask of
    all tokens for one of this one.
    """
    return name != "cache_params" or ids_RT.shape[1] > 1


def _minimax() -> Any:
    from transformers.models.minimax import modeling_minimax

    kind: Any = modeling_minimax.MiniMaxCache

    class Ordered(kind):  # type: ignore[misc]
        """Its own cache, whose ``reorder_cache`` (transformers 5.23) leaves the linear layers' states."""

        def reorder_cache(self, beam_idx: torch.Tensor) -> None:
            super().reorder_cache(beam_idx)
            for layer, state in enumerate(self.linear_cache):
                if torch.is_tensor(state):  # else the layer attends
                    self.set_linear_cache(layer, state[beam_idx])

    return Ordered()


def held(memory: Any) -> int:
    """Bytes of all that a memory keeps."""
    return sum(each.numel() * each.element_size() for each in _tensors(memory))


def _tensors(memory: Any) -> Iterator[torch.Tensor]:
    for layer in memory.layers:
        for name in ("keys", "values"):
            if torch.is_tensor(each := getattr(layer, name, None)):
                yield each
        for name in ("conv_states", "recurrent_states"):
            yield from (each for each in getattr(layer, name, {}).values() if each is not None)
    yield from (each for each in getattr(memory, "linear_cache", ()) if torch.is_tensor(each))
