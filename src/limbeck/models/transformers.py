"""Any Hugging Face causal language model, a folder or a Hub id, sampled in this process."""

from __future__ import annotations

from typing import Literal

from limbeck.generation import Model
from limbeck.models.local import Local

GIVES = ("text", "logprobs", "score", "ids", "sync", "logits")


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
        path: a folder in Hugging Face layout or a Hub id; weights are loaded when first used.
        dtype: ``auto`` takes bfloat16 on a GPU and float32 on a CPU.
        device: ``auto`` takes a GPU where there is one.
        batch_tokens: prompt and new tokens held in the cache at once, over all rows; bounds memory.

    Raises:
        LimbeckError: when sampling starts and there is no such model, or its tokenizer has no chat template.
    """
    return Local(path, dtype, device, batch_tokens)
