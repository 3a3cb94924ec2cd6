"""How far what a sampler says of its own tokens is from what a trainer computes of them, same weights.

Run: python bench/real_drift.py [SVAMP.csv]; four minutes of one core. Writes bench/results/real_drift.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import real_model
import torch

from limbeck.generation import Completion, Sampling
from limbeck.networks.batch import Row
from limbeck.networks.policy import Network
from limbeck.networks.probe import Probe
from limbeck.training.drift import BOUNDS

PROMPTS, ALONE, TOKENS = 32, 4, 48
TRAINERS = {
    "float32": ("float32", None),
    "bf16 autocast": ("float32", torch.bfloat16),
    "bf16 weights": ("bfloat16", None),
}
"""Type of the weights, and autocast. The second is `precision: bf16` of training/fit."""


MODELS = {dtype: real_model.opened(dtype) for dtype in ("float32", "bfloat16")}


def logps(prompts: Sequence[Sequence[int]], samples: Sequence[Completion], trainer: str) -> list[np.ndarray]:
    """What a trainer finds of each sampled token, as training reads it: padded on the right."""
    dtype, autocast = TRAINERS[trainer]
    ids = [[*prompt, *(sample.ids or [])] for prompt, sample in zip(prompts, samples, strict=False)]
    rows = [
        Row(str(place), np.array(whole, dtype=np.int32), len(prompt))
        for place, (whole, prompt) in enumerate(zip(ids, prompts, strict=False))
    ]
    network = Network(MODELS[dtype]._loaded[0], autocast).eval()
    values = dict(Probe([network]).tokens(rows, lambda batch, policy: policy.logp_N))
    return [values[place][0] for place in range(len(rows))]


def outside(ratio: np.ndarray) -> str:
    low, high = BOUNDS
    return f"{100 * ((ratio < low) | (ratio > high)).mean():.2f}"


def cells(gaps: list[np.ndarray]) -> str:
    """Numbers of one comparison, from log-ratios of tokens, an array for each sequence."""
    token = np.concatenate(gaps)
    sequence = np.array([each.sum() for each in gaps])
    mean = np.array([each.mean() for each in gaps])
    return (
        f"{np.abs(token).mean():.5f} | {np.abs(token).max():.3f} | {outside(np.exp(token))} | "
        f"{outside(np.exp(sequence))} | {np.abs(sequence).max():.2f} | {outside(np.exp(mean))}"
    )


def compared(dtype: str, rows: int) -> tuple[list[str], list[list[int] | None]]:
    """Rows of the table for a sampler, and its texts."""
    chats = real_model.chats(real_model.problems(0, ALONE if rows == 1 else PROMPTS))
    how = Sampling(temperature=1.0, top_p=1.0, max_tokens=TOKENS, logprobs=True)
    samples = real_model.in_batches(MODELS[dtype], chats, rows, how)
    prompts, told = MODELS[dtype]._prompt_ids(chats), []
    # Nobody samples in float32 to train in bfloat16 throughout.
    for trainer in [*TRAINERS][: 2 if dtype == "float32" else 3]:
        read = logps(prompts, samples, trainer)
        then = [np.array(sample.logprobs, dtype=np.float32) for sample in samples]
        gaps = [ours - theirs for ours, theirs in zip(read, then, strict=True)]
        told.append(f"| {dtype} | {rows} | {trainer} | {cells(gaps)} |")
    print(dtype, rows, sum(sample.tokens or 0 for sample in samples), flush=True)
    return told, [sample.ids for sample in samples]


def lines() -> Iterator[str]:
    yield (
        f"One sample of {PROMPTS} prompts each ({ALONE} where one is sampled at a time), T = 1, at most "
        f"{TOKENS} tokens, by models/transformers; then the same tokens read by the trainer's network, "
        "without having learned anything. Log-ratios in nats; *outside* is the share, in percent, of ratios "
        f"below {BOUNDS[0]} or above {BOUNDS[1]}, where GRPO clips."
    )
    yield ""
    yield (
        "| sampler | rows at once | trainer | mean gap of a token | largest | tokens outside | "
        "sequences outside | largest gap of a sequence | sequences outside, per-token mean |"
    )
    yield "|---|---:|---|---:|---:|---:|---:|---:|---:|"
    jobs = [(dtype, rows) for rows in (1, 8, PROMPTS) for dtype in MODELS]
    made = dict(zip(jobs, real_model.side_by_side(compared, jobs, 4), strict=True))
    same = []
    for dtype in MODELS:
        for rows in (PROMPTS, 8, 1):
            told, texts = made[dtype, rows]
            yield from told
            other = sum(a != b for a, b in zip(made[dtype, PROMPTS][1], texts, strict=False))
            same += [] if rows == PROMPTS else [f"{other} of {len(texts)} at {rows} ({dtype})"]
    yield ""
    yield f"Random numbers are the same at all batch sizes; texts that differ from those of {PROMPTS} rows: "
    yield f"{', '.join(same)}."


if __name__ == "__main__":
    real_model.write("real_drift", "Sampling against scoring", __file__, lines())
