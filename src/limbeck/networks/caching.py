"""The seam behind attention: what may look at a cache while a model writes, hide parts of it and drop others.

A method of ``decoding/cache/`` makes one and hands it to `Model.cached`; the sampler calls it. Compression of
what was written, blocks that a query does without and coarser keys are such policies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from limbeck.errors import LimbeckError

NAME = "limbeck_cached"
"""Among the attentions of `transformers`."""


class CachedRow(Protocol):
    """Sample ``number`` of a prompt."""

    prompt: list[int]
    number: int


class Caching(Protocol):
    """Looks after the keys and values of a batch.

    Calls come as ``begin``, then for every token ``read`` and ``keep`` for one layer after the other, and
    ``select`` when rows leave. All rows of a batch have written equally many tokens, and none is set aside:
    what depends on a row's prompt, number and states alone does not depend on how batches are cut.
    """

    def begin(self, model: Any, rows: Sequence[CachedRow], seen_RK: Tensor) -> None:
        """A batch begins. ``seen_RK`` says which columns hold a row's prompt; prompts end side by side."""

    def read(self, layer: int, query_RHD: Tensor, key_RGKD: Tensor, seen_RK: Tensor) -> Tensor | None:
        """Which keys a new token's query may read.

        Args:
            query_RHD: rotated, of ``H`` heads.
            key_RGKD: all that the layer holds, the new token's last; ``G`` heads, each read by ``H / G`` of
                the query's.
            seen_RK: columns that are not padding.

        Returns:
            ``[R, G, K]``, or None for all of them.
        """

    def keep(self, layer: int, key_RGKD: Tensor, value_RGKD: Tensor) -> tuple[Tensor, Tensor] | None:
        """What the layer holds from now on; None for what it has.

        Columns of the prompt stay as many as they are, and all layers hold equally many.
        """

    def select(self, places: Tensor) -> None:
        """Only these rows go on, in this order."""

    def scores(self, place: int) -> dict[str, float]:
        """Numbers of a row that is over, for its sample."""


def fit_for(model: Any, where: str) -> None:
    """Raise where a network's cache is none that a policy can look after.

    It must hold keys and values of every position in every layer, and its attention must be called through
    the interface of `transformers`.

    Raises:
        LimbeckError: naming the architecture.
    """
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    check_config(inner.config, where)
    if not inner._can_set_attn_implementation():
        raise LimbeckError(f"{where}: {type(inner).__name__} attends in its own way, unseen by a policy")


def check_config(config: Any, where: str) -> None:
    """As `fit_for`, from a configuration alone.

    Raises:
        LimbeckError: naming the kind of model, and what its layers hold instead.
    """
    from transformers import DynamicCache
    from transformers.cache_utils import DynamicLayer

    kind = config.model_type
    states = [name for name in STATES if getattr(config, name, None)]
    others = {type(layer).__name__ for layer in DynamicCache(config=config).layers} - {DynamicLayer.__name__}
    if states or others:
        held = "the state of a recurrence" if states else f"a cache of another kind ({sorted(others)[0]})"
        raise LimbeckError(
            f"{where}: models of type {kind!r} keep {held}, not keys and values of every position"
        )


STATES = ("state_size", "ssm_state_size", "mamba_d_state", "linear_num_key_heads")
"""Names by which configurations of recurrent and of hybrid models say how large their state is."""


@dataclass
class Watch:
    """A policy, the columns that are not padding, and how many keys each row's heads read, ``[R, G]``, layer
    by layer."""

    caching: Caching
    seen_RK: Tensor
    reads: list[Tensor] = field(default_factory=list)


WATCHED: ContextVar[Watch | None] = ContextVar("watched", default=None)
"""Whose attention it is. A network may be asked from other threads too, where nobody watches."""


@contextmanager
def attending(model: Any, watch: Watch) -> Iterator[None]:
    """Let a model attend under a policy's eye: forward passes of one token."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    AttentionInterface.register(NAME, _attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    config = inner.config.get_text_config()
    usual, token = config._attn_implementation, WATCHED.set(watch)
    # Not by the model's own setter, which walks through all modules: this is done at every token.
    config._attn_implementation_internal = NAME
    try:
        yield
    finally:
        config._attn_implementation_internal = usual
        WATCHED.reset(token)


def _attend(
    module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **given: Any
) -> tuple[Tensor, None]:
    """An attention of `transformers`: torch's, over the keys that the policy chooses."""
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    watch = WATCHED.get()
    if watch is not None:
        chosen_RGK = watch.caching.read(module.layer_idx, query[:, :, -1], key, watch.seen_RK)
        if chosen_RGK is None:
            watch.reads.append(watch.seen_RK.sum(-1, keepdim=True).expand(-1, key.shape[1]))
        else:
            chosen_RGK = chosen_RGK & watch.seen_RK[:, None]
            watch.reads.append(chosen_RGK.sum(-1))
            shared = query.shape[1] // key.shape[1]
            attention_mask = chosen_RGK.repeat_interleave(shared, 1)[:, :, None]
    result: tuple[Tensor, None] = sdpa_attention_forward(module, query, key, value, attention_mask, **given)
    return result


def bytes_of(cache: Any) -> int:
    """Bytes of one position's keys and values in all layers, of one row."""
    total = 0
    for layer in cache.layers:
        for states in (layer.keys, layer.values):
            total += states.shape[1] * states.shape[3] * states.element_size()
    return total


class Whole:
    """The policy that keeps and reads everything."""

    def begin(self, model: Any, rows: Sequence[CachedRow], seen_RK: Tensor) -> None:
        """Nothing is kept of a batch."""

    def read(self, layer: int, query_RHD: Tensor, key_RGKD: Tensor, seen_RK: Tensor) -> Tensor | None:
        """All."""
        return None

    def keep(self, layer: int, key_RGKD: Tensor, value_RGKD: Tensor) -> tuple[Tensor, Tensor] | None:
        """All."""
        return None

    def select(self, places: Tensor) -> None:
        """Nothing was kept."""

    def scores(self, place: int) -> dict[str, float]:
        """None."""
        return {}


def taken(states_RGKD: Tensor, index_RK: Tensor) -> Tensor:
    """Some columns of keys or values, other ones for each row."""
    index_RGKD = index_RK[:, None, :, None].expand(-1, states_RGKD.shape[1], -1, states_RGKD.shape[3])
    return torch.gather(states_RGKD, 2, index_RGKD)


def weights(query_RHQD: Tensor, key_RGKD: Tensor, seen_RK: Tensor | None = None) -> Tensor:
    """Softmax of queries over these keys alone, ``[R, H, Q, K]`` in float32."""
    rows, heads, queries, size = query_RHQD.shape
    shared = heads // key_RGKD.shape[1]
    query = query_RHQD.float().view(rows, -1, shared * queries, size)
    logits: Tensor = (query @ key_RGKD.float().mT / size**0.5).view(rows, heads, queries, -1)
    if seen_RK is not None:
        logits = logits.masked_fill(~seen_RK[:, None, None], -torch.inf)
    return logits.softmax(-1)


def chance(rows: Sequence[CachedRow], place: str, count: int) -> Tensor:
    """``count`` numbers a row, ``[R, count]``, that depend on its prompt, its number and ``place`` alone."""
    drawn = []
    for row in rows:
        words = f"{row.prompt}/{row.number}/{place}".encode()
        key = int.from_bytes(hashlib.blake2b(words, digest_size=16).digest(), "little")
        drawn.append(np.random.Generator(np.random.Philox(key=key)).random(count, np.float32))
    return torch.from_numpy(np.stack(drawn))
