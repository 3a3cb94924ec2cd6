"""Keys and values with room for more: a column is written where it belongs, none is copied for the next.

`transformers` joins the whole cache to every new column (`torch.cat` in `DynamicLayer.update`): for 32 rows
of SmolLM2 a third of a step in float32, most of it the kernel's, which hands out and takes back the pages.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import pad
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from limbeck.networks import states

ROOM = 64
"""Columns of room at least; a quarter of what there is where that is more."""


class Growing(DynamicLayer):
    """A layer whose ``keys`` and ``values``, ``[rows, heads, columns, D]``, are views into buffers.

    Whoever cuts columns off them, at either end, or assigns others, may do so: a view that is still the
    buffer's goes on in it, anything else is copied into a new buffer with the next column.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.buffers: list[torch.Tensor | None] = [None, None]

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The keys and values of all columns, the new ones last."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        self.keys = self._with(0, self.keys, key_states)
        self.values = self._with(1, self.values, value_states)
        return self.keys, self.values

    def _with(self, which: int, held: Any, more: torch.Tensor) -> torch.Tensor:
        buffer, have = self.buffers[which], held.shape[-2] if held.numel() else 0
        end = have + more.shape[-2]
        start = _start(held, buffer) if have else None
        if buffer is None or start is None or start + end > buffer.shape[-2]:
            start = 0
            buffer = more.new_empty(*more.shape[:-2], end + max(ROOM, end // 4), more.shape[-1])
            if have:
                buffer[..., :have, :] = held
            self.buffers[which] = buffer
        buffer[..., start + have : start + end, :] = more
        return buffer[..., start : start + end, :]

    def put(self, places_P: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Other rows take these places, their last column where the others' last is.

        Args:
            places_P: rows of this cache.
            keys: as ``values``, of the new rows or of one that stands for all of them, no wider than these.
        """
        assert self.keys is not None
        assert self.values is not None
        wide = keys.shape[-2]
        self.keys[places_P, :, self.keys.shape[-2] - wide :] = keys
        self.values[places_P, :, self.values.shape[-2] - wide :] = values

    def cut(self, first: int) -> None:
        """Forget the columns before ``first``."""
        assert self.keys is not None
        assert self.values is not None
        self.keys, self.values = self.keys[..., first:, :], self.values[..., first:, :]


def _start(held: torch.Tensor, buffer: torch.Tensor | None) -> int | None:
    """The column of a buffer at which what is held begins; None where it is not a view into it."""
    if buffer is None or held.stride() != buffer.stride() or held.shape[:2] != buffer.shape[:2]:
        return None
    if held.untyped_storage().data_ptr() != buffer.untyped_storage().data_ptr():
        return None
    return held.storage_offset() // buffer.shape[-1]


def new_cache(model: Any) -> DynamicCache:
    """An empty cache for a model, growing where its layers keep every position's keys and values."""
    cache: DynamicCache = states.empty(model)
    if type(cache) is not DynamicCache:  # of its own kind, which knows its layers better
        return cache
    cache.layers = [Growing() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    if getattr(cache, "layer_class_to_replicate", None) is DynamicLayer:
        cache.layer_class_to_replicate = Growing
    return cache


def plain(cache: DynamicCache) -> bool:
    """Whether every layer keeps keys and values of every position, so that rows can take others' places."""
    return type(cache) is DynamicCache and all(type(layer) is Growing for layer in cache.layers)


def layers(cache: DynamicCache) -> list[Any]:
    """The layers, but for those that share another's and keep nothing."""
    every: list[Any] = list(cache.layers)
    return [layer for layer in every if layer.is_initialized]


def padded(states: torch.Tensor, width: int) -> torch.Tensor:
    """Keys or values, ``[rows, heads, positions, D]``, with zeros in front."""
    return pad(states, (0, 0, width - states.shape[-2], 0))


def held_bytes(cache: DynamicCache) -> int:
    """Memory that a cache takes, its room included."""
    tensors = [tensor for layer in layers(cache) for tensor in (layer.keys, layer.values)]
    return sum(tensor.untyped_storage().nbytes() for tensor in tensors)
