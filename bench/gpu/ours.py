"""Our training loop on ragged rows: its speed, of how many tokens it held logits, how often it waited."""

from __future__ import annotations

import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from bench.gpu.card import seconds, wait
from bench.gpu.scale import Scale, drawn, network
from limbeck.networks.batch import Item, Items, Row, collate
from limbeck.networks.cutting import cut
from limbeck.networks.policy import Network, run
from limbeck.pipeline.context import Context
from limbeck.pipeline.registry import Bound, method
from limbeck.training.accelerator import make_accelerator
from limbeck.training.job import Job
from limbeck.training.loop import Loop
from limbeck.training.settings import Learning, Running, Stepping, Watching
from limbeck.training.signals import Signals

WARM, TIMED = 2, 3
OBJECTIVES: dict[str, dict[str, float]] = {"sft": {}, "redi": {"alpha": 0.8}, "dpo": {"beta": 0.1}}
RATE = 1e-5
SHORT = 16


class Widest(TorchDispatchMode):
    """Notes of how many tokens logits were held in one array at most: what is as wide as the vocabulary."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.vocabulary, self.tokens = vocabulary, 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for each in tree_leaves(out):
            # The head's matrix is as wide where it is turned, but then lies otherwise in memory.
            if isinstance(each, torch.Tensor) and each.dim() > 1 and each.is_contiguous():
                held = each.numel() // self.vocabulary if each.shape[-1] == self.vocabulary else 0
                self.tokens = max(self.tokens, held)
        return out


@contextmanager
def waits(device: str, into: list[int | None]) -> Any:
    """How often the processor waited for the device, None where that cannot be told."""
    if device != "cuda":
        yield into.append(None)
        return
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            yield
    finally:
        torch.cuda.set_sync_debug_mode("default")
    into.append(sum("synchroniz" in str(each.message) for each in heard))


class Observed(Loop):
    """The loop, watched in its first two steps and by the clock in the others."""

    def begin(self, scale: Scale) -> Observed:
        self.scale, self.ends = scale, [0.0]
        self.widest, self.waited = Widest(scale.config["vocab_size"]), []
        return self

    def _step(self, number: int) -> dict[str, float]:
        device = self.scale.device
        if number == 0:
            with self.widest:
                row = super()._step(number)
        elif number == 1:
            with waits(device, self.waited):
                row = super()._step(number)
        else:
            row = super()._step(number)
        wait(device)
        self.ends.append(time.perf_counter())
        return row


def train(name: str, scale: Scale, items: Items, batch: int) -> dict[str, Any]:
    """What was seen of our loop under an objective."""
    method_of = method(f"objectives/{name}").load()
    job = Job.of(
        "student", Bound(name, method_of, OBJECTIVES[name]), Learning(),
        Stepping(steps=WARM + TIMED, batch=batch, lr=RATE),
        Running(precision="bf16", max_tokens_per_microbatch=scale.budget, save_every=0), Watching(),
    )  # fmt: skip
    student = student_of(scale)
    with tempfile.TemporaryDirectory() as folder:
        loop = Observed(
            student, items, job, "", Context(Path(folder)), make_accelerator("", Path(folder)),
            Signals(job.needs, None),
        ).begin(scale)  # fmt: skip
        curve = loop.run()
    return {
        "seconds": loop.ends[-1] - loop.ends[WARM], "loss": curve[0]["loss"],
        "widest": loop.widest.tokens, "waits": loop.waited[0],
        **cutting(drawn(items, batch, 0), scale, loop.closely),
    }  # fmt: skip


def alone(scale: Scale) -> float:
    """Seconds of a micro-batch that has next to nothing in it, gradients added to those that are there."""
    student = student_of(scale).train()
    row = Row("short", np.arange(SHORT) % scale.config["vocab_size"], SHORT // 2)
    batch = collate([Item((row,))]).to(torch.device(scale.device))

    def both_ways() -> None:
        run(student, student, batch).logp_B.sum().backward()

    return seconds(both_ways, scale.device, 5)


def student_of(scale: Scale) -> Network:
    """With gradient checkpointing, in bfloat16 over float32 weights."""
    model = network(scale)
    model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    return Network(model, torch.bfloat16)


def cutting(items: list[Item], scale: Scale, closely: bool) -> dict[str, float]:
    """Micro-batches of a step, padding in parts of what is real, and the most that are trained at once."""
    parts = cut(items, scale.budget, closely=closely)
    padded = sum(sum(len(item.rows) for item in part) * part[0].width for part in parts)
    largest = max(sum(trained(item) for item in part) for part in parts)
    return {
        "parts": len(parts), "padding": padded / sum(item.tokens for item in items) - 1, "largest": largest,
    }  # fmt: skip


def trained(item: Item) -> int:
    """Tokens of its completions."""
    return sum(len(row.ids) - row.start for row in item.rows)
