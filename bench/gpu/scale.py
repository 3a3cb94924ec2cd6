"""What is measured: a student's shape and ragged rows for it. `GPU` is the real thing, `DRY` a toy of it."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from limbeck.networks.batch import Item, Items, Row, order

Tell = Callable[..., None]
"""Takes the fields of a result."""


@dataclass(frozen=True)
class Scale:
    """Sizes of one run of all parts.

    Attributes:
        config: of a Qwen2, as `transformers` calls its fields.
        longest: rows are ragged up to so many tokens, one measurement for each.
        tokens: in the mean in an optimizer step.
        budget: padded tokens in a micro-batch, on both sides.
        square: of the matrices whose product is timed.
        copied: bytes that are copied to time the memory.
        sampled: batch sizes of sampling; ``prompt`` and ``written`` tokens a row.
    """

    device: str
    config: dict[str, Any]
    longest: tuple[int, ...]
    tokens: int
    budget: int
    square: int
    copied: int
    sampled: tuple[int, ...]
    prompt: int
    written: int


GPU = Scale(
    "cuda",
    # https://huggingface.co/Qwen/Qwen2.5-1.5B/blob/main/config.json
    {
        "hidden_size": 1536, "intermediate_size": 8960, "num_hidden_layers": 28, "num_attention_heads": 12,
        "num_key_value_heads": 2, "vocab_size": 151_936, "tie_word_embeddings": True,
        "max_position_embeddings": 32_768, "rope_theta": 1e6,
    },
    longest=(4096, 16384), tokens=49_152, budget=16_384, square=8192, copied=2**32,
    sampled=(1, 16, 64, 256), prompt=128, written=128,
)  # fmt: skip
DRY = Scale(
    "cpu",
    {
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "vocab_size": 97, "tie_word_embeddings": True,
        "max_position_embeddings": 512,
    },
    longest=(16, 48), tokens=96, budget=48, square=256, copied=2**22,
    sampled=(1, 4), prompt=4, written=4,
)  # fmt: skip


def network(scale: Scale, dtype: torch.dtype = torch.float32) -> Any:
    """The student, made where it computes; the same weights at every call."""
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    config = AutoConfig.for_model("qwen2", **scale.config)
    with torch.device(scale.device):
        return AutoModelForCausalLM.from_config(config, dtype=dtype)


def ragged(scale: Scale, longest: int, steps: int, pairs: bool) -> tuple[Items, int]:
    """Rows of random tokens for so many steps, and the items of a step.

    Lengths are log-normal, half of ``longest`` in the mean before those beyond it are cut to it; a sixteenth
    of ``longest`` is prompt.
    """
    rng, start = np.random.default_rng(longest), longest // 16
    rows = 2 if pairs else 1
    batch = max(2, round(scale.tokens / (longest / 2) / rows))
    items = Items()
    for index in range(batch * steps):
        sizes = rng.lognormal(math.log(longest / 2) - 0.125, 0.5, rows).clip(2 * start, longest)
        made = [rng.integers(scale.config["vocab_size"], size=int(size)) for size in sizes]
        sides = zip(("right", "wrong"), made, strict=False)
        items.items.append(Item(tuple(Row(f"{index}/{side}", ids, start) for side, ids in sides)))
    return items, batch


def drawn(items: Items, batch: int, first: int, steps: int = 1) -> list[Item]:
    """What our loop draws for so many steps from the first, without rollouts and with seed 0."""
    return [items.items[index] for index in order(len(items), 0, first * batch, (first + steps) * batch)]


def begin(doc: str | None) -> tuple[Scale, Tell]:
    """A part's command line: its scale, and where a result goes, which is told as soon as it is there."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--dry", action="store_true", help="a toy, on the CPU")
    parser.add_argument("--into", type=Path, help="a file of results, one JSON object a line")
    given = parser.parse_args()

    def tell(**result: Any) -> None:
        line = json.dumps(result)
        print(line, flush=True)
        if given.into:
            with given.into.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    return (DRY if given.dry else GPU), tell
