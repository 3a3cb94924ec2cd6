"""Where a training run computes, in one process or several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from limbeck.errors import LimbeckError

CPU_BF16 = {"AVX512-BF16": "_is_avx512_bf16_supported", "AMX": "_is_amx_tile_supported"}
"""Instructions that multiply bfloat16, and what `torch.cpu` calls the question (torch 2.13 has no public
one)."""


def make_accelerator(track: str, folder: Path) -> Any:
    """An `accelerate.Accelerator` for one process or for data-parallel ones.

    Args:
        track: a tracker, `limbeck.training.tracking.begin` starts its run; empty for none.
        folder: where trackers that write files do.

    Raises:
        LimbeckError: a launch other than data-parallel.
    """
    from accelerate import Accelerator
    from accelerate.utils import DistributedType

    # Precision is the loop's own affair, so a process may train several students in different ones.
    accelerator = Accelerator(mixed_precision="no", log_with=track or None, project_dir=str(folder))
    known = (DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU)
    if accelerator.distributed_type not in known:
        raise LimbeckError(
            "training runs in one process or data-parallel (DDP); this launch asks for "
            f"{accelerator.distributed_type}"
        )
    return accelerator


def choose_precision(asked: str) -> tuple[str, str]:
    """``bf16`` or ``fp32``, and why where that was not asked for.

    ``auto`` goes by the instructions that the machine has, not by a clock, for a busy machine would choose
    otherwise from run to run. With AVX512-BF16 a student 256 wide trained 1.75 times as fast on rows of
    one length, 2.1 times on ragged ones (bench/results/train.md).
    """
    if asked != "auto":
        return asked, ""
    if torch.cuda.is_available():
        fast = torch.cuda.is_bf16_supported()
        return ("bf16" if fast else "fp32"), f"this GPU has {'' if fast else 'no '}bfloat16"
    names = [name for name, has in CPU_BF16.items() if getattr(torch.cpu, has, bool)()]
    if names:
        return "bf16", f"this CPU multiplies it ({' and '.join(names)}); precision: fp32 for float32"
    return "fp32", "this CPU has no instructions for bfloat16"


def microbatch_tokens() -> int:
    """Padded tokens per micro-batch where nothing is asked for: 1,000-token rows ran 1.4 times faster so on a
    CPU."""
    return 16384 if torch.cuda.is_available() else 4096
