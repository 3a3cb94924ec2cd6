"""Part 0: what the card does at its best: bfloat16 products of large squares, and copies."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any

import torch

from bench.gpu.scale import Scale, Tell, begin

TIMES = 20


def seconds(call: Callable[[], Any], device: str, times: int = TIMES) -> float:
    """Of one call, the best of three rounds of so many."""
    best = float("inf")
    for _ in range(4):  # the first warms up
        wait(device)
        started = time.perf_counter()
        for _ in range(times):
            call()
        wait(device)
        best = min(best, (time.perf_counter() - started) / times)
    return best


def wait(device: str) -> None:
    """Until the device has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()


def product(scale: Scale) -> float:
    """Operations a second of a product of random squares; of zeros it would be faster."""
    left, right = (torch.randn(scale.square, scale.square, device=scale.device) for _ in range(2))
    left, right = left.bfloat16(), right.bfloat16()
    return 2.0 * scale.square**3 / seconds(lambda: left @ right, scale.device)


def copying(scale: Scale) -> float:
    """Bytes read and written a second by a copy on the device."""
    source = torch.empty(scale.copied, dtype=torch.uint8, device=scale.device)
    target = torch.empty_like(source)
    return 2.0 * scale.copied / seconds(lambda: target.copy_(source), scale.device)


def about(device: str) -> dict[str, str]:
    """Which card, driver and CUDA."""
    if device != "cuda":
        return {"card": "CPU", "driver": "", "cuda": ""}
    asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        driver = subprocess.run(asked, capture_output=True, text=True, timeout=10).stdout.partition("\n")[0]
    except (OSError, subprocess.TimeoutExpired):
        driver = "unknown"
    memory = torch.cuda.get_device_properties(0).total_memory / 2**30
    name = f"{torch.cuda.get_device_name(0)}, {memory:.0f} GiB"
    return {"card": name, "driver": driver.strip(), "cuda": str(torch.version.cuda)}


def measure(scale: Scale, tell: Tell) -> None:
    tell(kind="card", **about(scale.device), flops=product(scale), bandwidth=copying(scale))


if __name__ == "__main__":
    measure(*begin(__doc__))
