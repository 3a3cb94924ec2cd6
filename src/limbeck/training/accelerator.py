"""Where a training run computes, in one process or several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from limbeck.errors import LimbeckError


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


def microbatch_tokens() -> int:
    """Padded tokens per micro-batch where nothing is asked for: 1,000-token rows ran 1.4 times faster so on a
    CPU."""
    return 16384 if torch.cuda.is_available() else 4096
