"""A network that rounds what flows through it, and how that is kept in a folder.

A folder with `FILE` holds a plain model; whoever opens it through `restored` gets the one that rounds the
inputs of its linear layers, or the keys and values that it keeps, as the file says. Other programs see the
plain model alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from limbeck.errors import LimbeckError
from limbeck.networks.compressing import WHOLE, layers, rounded, rounded_between

FILE = "rounding.json"


class RoundedCache:
    """A cache that keeps keys and values rounded, each token's and head's on its own.

    Args:
        inner: the cache that keeps them, or None where nothing is kept: what is read at once is rounded too,
            so that reading a text and writing it give the same numbers.
    """

    def __init__(self, inner: Any, bits: int) -> None:
        self.inner, self.bits = inner, bits

    def update(self, keys: Tensor, values: Tensor, *more: Any, **named: Any) -> tuple[Tensor, Tensor]:
        """What attention is over, from here on: ``[B, heads, T, width]`` each."""
        keys, values = (rounded_between(each, self.bits) for each in (keys, values))
        if self.inner is None:
            return keys, values
        kept: tuple[Tensor, Tensor] = self.inner.update(keys, values, *more, **named)
        return kept

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def round_inside(model: Any, activations: int = WHOLE, cache: int = WHOLE) -> Any:
    """The model, rounding from here on.

    Args:
        activations: bits of the inputs of the linear layers inside the blocks, each token's on its own.
        cache: bits of keys and values.

    Raises:
        LimbeckError: a cache is to be rounded where no attention has one.
    """
    if activations < WHOLE:
        for layer in layers(model):
            layer.register_forward_pre_hook(lambda _, given: (rounded(given[0], activations), *given[1:]))
    for attention in check(model, cache) if cache < WHOLE else ():
        attention.register_forward_pre_hook(_rounding(cache), with_kwargs=True)
    model.rounds_inside = {"activations": activations, "cache": cache}
    return model


def check(model: Any, cache: int) -> list[nn.Module]:
    """The attentions that keep keys and values.

    Raises:
        LimbeckError: there is none, and their bits are few.
    """
    attentions = [module for module in model.modules() if hasattr(module, "k_proj")]
    if cache < WHOLE and not attentions:
        kind = model.config.model_type
        raise LimbeckError(f"models of type {kind!r} keep no keys and values that could be rounded")
    return attentions


def _rounding(bits: int) -> Any:
    def hook(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return given, {**named, "past_key_values": RoundedCache(named.get("past_key_values"), bits)}

    return hook


def keep(folder: Path, settings: dict[str, int]) -> None:
    """Write beside a plain model what it is to round."""
    (folder / FILE).write_text(json.dumps(settings), encoding="utf-8")


def kept(folder: str) -> dict[str, int]:
    """What a folder's model rounds; empty where it rounds nothing."""
    path = Path(folder) / FILE
    read: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return read


def restored(model: Any, folder: str) -> Any:
    """The model as it was kept."""
    settings = kept(folder)
    return round_inside(model, **settings) if settings else model
