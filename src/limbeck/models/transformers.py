"""Any Hugging Face causal language model, a folder or a Hub id, sampled in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from limbeck.generation import Model
from limbeck.models.local import Local

GIVES = ("text", "prefix", "logprobs", "score", "ids", "sync", "logits", "cache", "work", "drafts")


def transformers(
    *,
    path: str,
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto",
    device: str = "auto",
    batch_tokens: int = 65536,
) -> Model:
    """Sample a local model: each prompt is computed once for all its samples, finished rows leave the batch.

    A sample depends on the seed, its prompt and its number, not on its batch (but for a token whose random
    number lies within rounding of a boundary: batches of other shapes round logits differently).

    Args:
        path: a folder in Hugging Face layout, a Hub id, a GGUF file or ``package:NAME``, an installed package
            that brings one (extra ``real``); weights are loaded when first used.
        dtype: ``auto`` takes bfloat16 on a GPU and float32 on a CPU.
        device: ``auto`` takes a GPU where there is one.
        batch_tokens: prompt and new tokens held in the cache at once, over all rows; bounds memory.

    Raises:
        LimbeckError: when sampling starts and there is no such model, or its tokenizer has no chat template.
    """
    return Local(path, dtype, device, batch_tokens)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: a GGUF file that cannot be read costs no stage before it."""
    path = given.get("path", "")  # a stage's weights are not there yet
    if path and Path(path).expanduser().exists():
        from limbeck.networks.gguf import check

        check(path)
