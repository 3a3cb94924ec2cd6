"""Opening a checkpoint: its model, its tokenizer, and what to compute in and where."""

from __future__ import annotations

from pickle import UnpicklingError
from typing import Any

import torch

from limbeck.errors import LimbeckError, unknown
from limbeck.networks import branches, ways
from limbeck.networks.adapters import adapter_config, cast, embedded, with_adapter
from limbeck.networks.gguf import ordinary
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


def load(path: str, dtype: torch.dtype = torch.float32) -> Any:
    """A causal language model from a folder, a GGUF file or the Hub, with its branches or what else was added
    to it, or its adapter merged into its base.

    Raises:
        LimbeckError: it cannot be opened.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    path = ordinary(path)
    known = adapter_config(path)
    if known is not None:
        return cast(with_adapter(load(known["base"]), path, known), dtype)
    try:
        model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype)
        return ways.restored(branches.restored(model, path), path)
    except (OSError, ValueError, RuntimeError, ImportError, UnpicklingError, SafetensorError) as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        if isinstance(error, UnpicklingError):
            reason = "its pytorch_model.bin holds no plain weights; save it anew as model.safetensors"
        raise LimbeckError(f"cannot open the model {path!r}: {reason}") from error


def configuration(path: str) -> Any:
    """The configuration of a model, of its base where it is an adapter."""
    from transformers import AutoConfig

    path = ordinary(path)
    known = adapter_config(path)
    if known is not None:
        return configuration(known["base"])
    try:
        return AutoConfig.from_pretrained(path)
    except (OSError, ValueError) as error:
        raise LimbeckError(f"cannot open the model {path!r}: {error}") from error


def vocabulary(path: str) -> int:
    """Rows of a model's embedding: token ids below it can be read."""
    return embedded(path) or int(configuration(path).get_text_config().vocab_size)


def open_model(path: str, seed: int, adapt: Any, autocast: torch.dtype | None) -> tuple[Any, torch.dtype]:
    """A causal language model from a folder or the Hub, and the type its weights are stored in.

    Weights are loaded in float32, for small steps vanish in bfloat16. Under an adapter the base is frozen:
    stored
    in bfloat16 it stays so where that is computed in.

    Args:
        adapt: a change to make to it, or None; what is random in it comes from ``seed``.

    Raises:
        LimbeckError: it cannot be opened, or its weights are quantised.
    """
    stored: torch.dtype = configuration(path).dtype or torch.float32
    half = adapt is not None and stored == autocast == torch.bfloat16
    model = load(path, torch.bfloat16 if half else torch.float32)
    if getattr(model.config, "quantization_config", None) is not None:
        raise LimbeckError(
            f"{path} holds quantised weights, which cannot be trained and saved; take plain ones"
        )
    torch.manual_seed(seed)
    return (model if adapt is None else adapt(model)), stored


def open_network(path: str, autocast: torch.dtype | None, where: Any, layers: bool = False) -> Network:
    """A network that is not to be trained, from a folder or the Hub, on a device.

    Args:
        autocast: see `autocast_dtype`.
        layers: it also gives the hidden states of all layers.
    """
    network = Network(load(path).to(where), autocast, layers)
    network.requires_grad_(False)
    return network.eval()
