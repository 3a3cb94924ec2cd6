"""The reference's log-probabilities, computed once before training and kept beside the run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from limbeck.networks.batch import Batch, Row
from limbeck.networks.policy import Network, Policy
from limbeck.networks.probe import Probe
from limbeck.pipeline.atomic import write_atomic
from limbeck.pipeline.context import Context


def reference_logps(
    network: Network, rows: Sequence[Row], path: Path, max_tokens: int, ctx: Context, accelerator: Any
) -> dict[str, np.ndarray]:
    """Log-probability of each row's trained tokens under a network that is not trained (yet), by trace id, in
    nats.

    Args:
        network: the student as it starts, so the reference needs no second model.
        path: where they are kept; taken from there when it holds exactly these rows.
        max_tokens: padded tokens at a time.
        accelerator: each of its processes reads its share of the rows.
    """
    names = np.array([row.id for row in rows])
    ends = np.array([len(row.ids) - row.start for row in rows]).cumsum()
    if path.exists():
        with np.load(path) as kept:
            if np.array_equal(kept["ids"], names) and len(kept["logp"]) == ends[-1]:
                return dict(zip(names.tolist(), np.split(kept["logp"], ends[:-1]), strict=True))
    share = range(accelerator.process_index, len(rows), accelerator.num_processes)
    probe, logp = Probe([network], max_tokens), np.zeros(int(ends[-1]), dtype=np.float32)
    with ctx.progress(len(rows), f"{ctx.label} reference") as bar:
        for place, (values,) in probe.tokens([rows[index] for index in share], _logp):
            end = ends[share[place]]
            logp[end - len(values) : end] = values
            bar.advance(1)
    # Each process has the others' shares as zeros.
    logp = accelerator.reduce(torch.from_numpy(logp).to(accelerator.device), "sum").cpu().numpy()
    if accelerator.is_main_process:
        buffer = io.BytesIO()
        np.savez(buffer, ids=names, logp=logp)
        write_atomic(path, buffer.getvalue())
    return dict(zip(names.tolist(), np.split(logp, ends[:-1]), strict=True))


def _logp(batch: Batch, policy: Policy) -> Tensor:
    return policy.logp_N.float()
