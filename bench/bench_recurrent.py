"""Seconds, operations and bytes of one more token at long contexts: attention, and what was made of it.

Run: python bench/bench_recurrent.py. Untrained networks of one shape, rows of one batch, one core; what is
remembered is filled with the states of random tokens, and the best of several steps is taken, in turns.
Writes bench/results/recurrent.md.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"

import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from limbeck.networks import operations, states
from limbeck.networks.converting import converted

HERE = Path(__file__).resolve().parent
CONTEXTS, ROWS, STEPS = (16, 1024, 8192, 32768), 2, 4
SHAPE = {
    "vocab_size": 512, "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 4,
    "num_attention_heads": 8, "num_key_value_heads": 8, "head_dim": 32, "max_position_embeddings": 40960,
}  # fmt: skip


def networks() -> dict[str, Any]:
    """Attention alone, one layer of four that attends, and none."""
    torch.manual_seed(0)
    teacher = Qwen3ForCausalLM(Qwen3Config(**SHAPE)).eval()
    made = {"hybrid (layer 2 attends)": [2], "recurrent": []}
    given = {"conv": 4, "rotary": True, "mapped": True, "seed": 0}
    return {"attention": teacher} | {
        name: converted(teacher, keep, **given).eval() for name, keep in made.items()
    }


def memory(model: Any, context: int) -> Any:
    """What is kept of so many tokens less one: read whole where it is short, else made up in its shape."""
    kept, read = states.empty(model), min(context - 1, 15)
    model(input_ids=torch.randint(1, 500, (ROWS, read)), past_key_values=kept, use_cache=True)
    for layer in kept.layers:
        if torch.is_tensor(getattr(layer, "keys", None)):
            shape = (*layer.keys.shape[:2], context - 1, layer.keys.shape[3])
            layer.keys, layer.values = torch.randn(shape), torch.randn(shape)
    kept.tokens_read = context - 1
    return kept


def seconds(model: Any, context: int) -> tuple[float, int]:
    """Of one step of all rows, and the bytes that were kept before it."""
    kept = memory(model, context)
    size, best = states.held(kept), float("inf")
    for _ in range(STEPS):
        begun = time.process_time()
        model(input_ids=torch.ones(ROWS, 1, dtype=torch.long), past_key_values=kept, use_cache=True)
        best = min(best, time.process_time() - begun)
    return best, size


@torch.inference_mode()
def main() -> None:
    made = networks()
    lines = [
        "# One more token at long contexts", "",
        f"Written by `bench/bench_recurrent.py` on {datetime.now(UTC):%Y-%m-%d}; torch {version('torch')}, "
        f"transformers {version('transformers')}; one CPU core, float32.",
        f"Untrained networks of 4 layers, width 256, 8 heads; {ROWS} rows; the best of {STEPS} steps in CPU "
        "milliseconds of all rows. Operations (products with their sums) and bytes are of one row.",
        "Attention has the cache of transformers, which copies keys and values at every token.",
        "", "| network | tokens before | ms | operations | kept, kB |", "|---|---:|---:|---:|---:|",
    ]  # fmt: skip
    for context in CONTEXTS:
        for name, model in made.items():
            spent, size = seconds(model, context)
            counted = operations.step(model.config, context)
            lines.append(
                f"| {name} | {context:,} | {1000 * spent:.1f} | {counted:,} | {size / ROWS / 1000:,.0f} |"
            )
    (HERE / "results" / "recurrent.md").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
