"""Opening a checkpoint: its model, its tokenizer, and what to compute in and where."""

from __future__ import annotations

from typing import Any

import torch

from limbeck.errors import LimbeckError, unknown
from limbeck.networks.branches import restored
from limbeck.networks.policy import Network
from limbeck.networks.template import load_tokenizer

PRECISIONS = ("auto", "bf16", "fp32")


def autocast_dtype(precision: str) -> torch.dtype | None:
    """What to compute in, None for float32: ``auto`` is bfloat16 on a GPU that has it and float32
    elsewhere."""
    if precision not in PRECISIONS:
        raise unknown("precision", precision, PRECISIONS)
    if precision == "auto":
        precision = "bf16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "fp32"
    return torch.bfloat16 if precision == "bf16" else None


def device() -> str:
    """Where to compute outside a training run."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def open_tokenizer(path: str) -> Any:
    """The tokenizer in a folder or of a Hub id."""
    try:
        return load_tokenizer(path)
    except (OSError, ValueError) as error:
        raise LimbeckError(f"cannot open the tokenizer of the student {path!r}: {error}") from error


def open_model(path: str, seed: int, adapt: Any, autocast: torch.dtype | None) -> tuple[Any, torch.dtype]:
    """A causal language model from a folder or the Hub, and the type its weights are stored in.

    Weights are loaded in float32, for small steps vanish in bfloat16. Under an adapter the base is frozen and
    comes in the type computed in.

    Args:
        adapt: a change to make to it, or None; what is random in it comes from ``seed``.
    """
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    dtype = autocast if adapt is not None and autocast is not None else torch.float32
    try:
        stored = AutoConfig.from_pretrained(path).dtype or torch.float32
        model = restored(AutoModelForCausalLM.from_pretrained(path, dtype=dtype), path)
    except (OSError, ValueError, SafetensorError) as error:
        raise LimbeckError(f"cannot open the student {path!r}: {error}") from error
    torch.manual_seed(seed)
    return (model if adapt is None else adapt(model)), stored


def open_network(path: str, autocast: torch.dtype | None, where: Any, layers: bool = False) -> Network:
    """A network that is not to be trained, from a folder or the Hub, on a device.

    Args:
        autocast: see `autocast_dtype`.
        layers: it also gives the hidden states of all layers.
    """
    model, _ = open_model(path, 0, None, autocast)
    network = Network(model.to(where), autocast, layers)
    network.requires_grad_(False)
    return network.eval()
