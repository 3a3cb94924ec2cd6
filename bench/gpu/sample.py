"""Part 3: sampling with models/transformers in bfloat16: new tokens a second at several batch sizes."""

from __future__ import annotations

import time

import numpy as np
import torch

from bench.gpu.card import wait
from bench.gpu.scale import Scale, Tell, begin, network
from limbeck.generation import Sampling
from limbeck.models import sampler
from limbeck.models._queue import Row

TOP_P = (1.0, 0.95)


def measure(scale: Scale, tell: Tell) -> None:
    """Distinct random prompts, and no token that ends a row: every row writes all it may."""
    model = network(scale, torch.bfloat16).eval()
    once(model, scale, 1, 1.0)
    for rows in scale.sampled:
        for top_p in TOP_P:
            count, seconds = once(model, scale, rows, top_p)
            tell(kind="sample", rows=rows, top_p=top_p, tokens=count, seconds=seconds)


def once(model: object, scale: Scale, rows: int, top_p: float) -> tuple[int, float]:
    """New tokens, and the seconds they took, the prompts' reading included."""
    rng = np.random.default_rng(rows)
    made = [
        Row(rng.integers(scale.config["vocab_size"], size=scale.prompt).tolist(), index, 0, scale.written)
        for index in range(rows)
    ]
    limits = sampler.Limits(torch.tensor([-1]), rows * (scale.prompt + scale.written + 1))
    drawing = Sampling(temperature=1.0, top_p=top_p, max_tokens=scale.written)
    wait(scale.device)
    started = time.perf_counter()
    count = sum(len(row.ids) for some in sampler.sample(model, made, drawing, limits) for row in some)
    wait(scale.device)
    return count, time.perf_counter() - started


if __name__ == "__main__":
    measure(*begin(__doc__))
