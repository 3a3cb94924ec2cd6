"""A network and its tokenizer, opened to be sampled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from limbeck.errors import LimbeckError, missing_extra, nearest


def opened(path: str, dtype: str, device: str) -> tuple[Any, Any]:
    """Model and tokenizer of a folder, a GGUF file or the Hub.

    Args:
        dtype: ``auto`` is bfloat16 on a GPU and float32 elsewhere.
        device: ``auto`` takes a GPU where there is one.

    Raises:
        LimbeckError: there is no such model, with the nearest folder; or the extra is not installed.
    """
    try:
        import torch

        from limbeck.networks.opening import load
        from limbeck.networks.template import load_tokenizer
    except ImportError as error:
        raise missing_extra(error.name or "torch", "train", "models/transformers") from error
    place = device if device != "auto" else "cuda" if torch.cuda.is_available() else "cpu"
    kind = getattr(torch, dtype, None) or (torch.bfloat16 if place.startswith("cuda") else torch.float32)
    try:
        tokenizer = load_tokenizer(path)
        return load(path, kind).to(place).eval(), tokenizer
    except (OSError, ValueError, RuntimeError) as error:
        folder = Path(path)
        beside = folder.parent.iterdir() if not folder.exists() and folder.parent.is_dir() else ()
        hint = nearest(folder.name, [each.name for each in beside]) if len(folder.parts) > 1 else ""
        reason = str(error).strip().partition("\n")[0]
        raise LimbeckError(f"cannot load a model from {path!r}{hint}: {reason}") from error
