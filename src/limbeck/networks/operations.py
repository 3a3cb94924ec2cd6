"""What a decoder of attention or recurrent layers spends on a token, counted from its shape.

A multiplication with its addition is one operation. Counted are products of matrices and what keeps a state;
norms, activations and rotations, a few times the width, are not.
"""

from __future__ import annotations

from typing import Any

from limbeck.errors import LimbeckError
from limbeck.networks.converting import FAMILIES
from limbeck.networks.recurrent import LINEAR, RecurrentConfig


def check(config: Any) -> None:
    """Refuse a network whose operations are not known.

    Raises:
        LimbeckError: naming its architecture.
    """
    known = (*FAMILIES, RecurrentConfig.model_type)
    if config.model_type not in known or getattr(config, "sliding_window", None):
        raise LimbeckError(
            f"operations are counted of {', '.join(known)} without windows, not of {config.model_type!r}"
        )


def step(config: Any, context: int) -> int:
    """Of one more token, as the last of ``context``: layers and output head."""
    return _layers(config, context, context) + _head(config)


def sampled(config: Any, prompt: int, written: int) -> int:
    """Of writing ``written`` tokens behind a prompt that has been read: the last one is not read."""
    if not written:
        return 0
    first, last = prompt + 1, prompt + written - 1
    reading = _layers(config, first, last) if last >= first else 0
    return reading + written * _head(config)


def prompted(config: Any, prompt: int) -> int:
    """Of reading a prompt, a token at a time; a recurrence in chunks spends more, in fewer steps."""
    return _layers(config, 1, prompt) if prompt else 0


def work(config: Any, prompt: int, written: int, size: int = 4) -> dict[str, int]:
    """What writing takes, or where nothing is written, reading the prompt."""
    if not written:
        return {"operations": prompted(config, prompt), "bytes": moved(config, 1, prompt, size)}
    taken = moved(config, prompt + 1, prompt + written - 1, size)
    return {"operations": sampled(config, prompt, written), "bytes": taken}


def moved(config: Any, first: int, last: int, size: int = 4) -> int:
    """Bytes of what is kept that are read and written for the tokens at places ``first`` to ``last``.

    A token reads all keys and values before it and writes its own; of a state it reads all and writes all.
    """
    if last < first:
        return 0
    tokens, seen = last - first + 1, (first + last) * (last - first + 1) // 2
    state = held(config, 0, size)
    return 2 * state * tokens + (held(config, 1, size) - state) * seen


def held(config: Any, context: int, size: int = 4) -> int:
    """Bytes that are kept of ``context`` tokens, whose numbers have ``size`` bytes each."""
    recurrent = _recurrent(config)
    heads, width = config.num_attention_heads, _width(config)
    taps = getattr(config, "conv", 1)
    state = heads * width * width + 3 * heads * width * (taps - 1)
    keys = 2 * config.num_key_value_heads * width * context
    return int(size * (recurrent * state + (config.num_hidden_layers - recurrent) * keys))


def _layers(config: Any, first: int, last: int) -> int:
    """Of all layers, for the tokens at places ``first`` to ``last``, counted from 1."""
    size, heads, width = config.hidden_size, config.num_attention_heads, _width(config)
    inner, shared = heads * width, config.num_key_value_heads * width
    tokens, seen = last - first + 1, (first + last) * (last - first + 1) // 2
    feed = 3 * size * config.intermediate_size * tokens
    # Queries with keys, weights with values: each position that is seen, in every head.
    attention = (2 * size * inner + 2 * size * shared) * tokens + 2 * inner * seen
    # Decay, the outer product and the query's, each of the whole state; convolution, Δ and the skip.
    state = 3 * inner * width + 3 * inner * getattr(config, "conv", 1) + size * heads + inner
    recurrent = _recurrent(config)
    mixed = recurrent * (4 * size * inner + state) * tokens
    layers: int = config.num_hidden_layers
    return int(mixed + (layers - recurrent) * attention + layers * feed)


def _head(config: Any) -> int:
    return int(config.hidden_size * config.vocab_size)


def _recurrent(config: Any) -> int:
    return [*(getattr(config, "layer_types", None) or [])].count(LINEAR)


def _width(config: Any) -> int:
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
