"""Part 2: training in bfloat16 with gradient checkpointing on ragged rows, by our loop and by a plain one."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import Any

import torch

from bench.gpu import ours, plain
from bench.gpu.flops import Shape
from bench.gpu.scale import Scale, Tell, begin, drawn, network, ragged
from limbeck.errors import LimbeckError
from limbeck.networks.batch import Items


def measure(scale: Scale, tell: Tell) -> None:
    """SFT at all lengths first, then REDI, then DPO: what the time limit takes is the last of these."""
    shape = Shape.of(network(replace(scale, device="meta")))
    tell(kind="alone", seconds=ours.alone(scale))
    for name in ours.OBJECTIVES:
        for longest in scale.longest:
            items, batch = ragged(scale, longest, ours.WARM + ours.TIMED, pairs=name != "sft")
            timed = drawn(items, batch, ours.WARM, ours.TIMED)
            tokens = sum(item.tokens for item in timed)
            work = {
                "objective": name, "longest": longest, "items": batch, "tokens": tokens,
                "mean": tokens / sum(len(item.rows) for item in timed), "needed": shape.needed(timed),
            }  # fmt: skip
            for side in (ours, plain):
                seen = observed(side, name, scale, items, batch)
                tell(kind="train", side=side.__name__.rpartition(".")[2], **work, **seen)


def observed(side: Any, name: str, scale: Scale, items: Items, batch: int) -> dict[str, Any]:
    """What was seen of a side, with the most memory it took in bytes; or why there is nothing to see."""
    gc.collect()
    cuda = scale.device == "cuda"
    if cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    try:
        seen: dict[str, Any] = side.train(name, scale, items, batch)
    except (torch.OutOfMemoryError, LimbeckError) as error:
        return {"failed": str(error).partition("\n")[0][:200]}
    return {**seen, "memory": torch.cuda.max_memory_allocated() if cuda else None}


if __name__ == "__main__":
    measure(*begin(__doc__))
