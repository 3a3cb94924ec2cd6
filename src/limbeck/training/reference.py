"""The reference's log-probabilities, computed once before training and kept beside the run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from limbeck.networks.batch import Item, Row, collate, cut
from limbeck.networks.policy import Network, run
from limbeck.pipeline.context import Context
from limbeck.pipeline.store import write_atomic


def reference_logps(
    module: Any, plain: Network, accelerator: Any, rows: Sequence[Row], path: Path, max_tokens: int,
    pad_id: int,
    ctx: Context,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Log-probability of each row's trained tokens under a network that is not trained (yet), by trace id, in
    nats.

    Args:
        module: the student as it starts, so the reference needs no second model; prepared for several
            processes.
        path: where they are kept; taken from there when it holds exactly these rows.
        max_tokens: padded tokens at a time.
    """
    names = np.array([row.id for row in rows])
    sizes = np.array([len(row.ids) - row.start for row in rows])
    ends = sizes.cumsum()
    if path.exists():
        with np.load(path) as kept:
            if np.array_equal(kept["ids"], names) and len(kept["logp"]) == ends[-1]:
                return dict(zip(names.tolist(), np.split(kept["logp"], ends[:-1]), strict=True))
    position = {row.id: index for index, row in enumerate(rows)}
    values = torch.zeros(int(ends[-1]), dtype=torch.float32, device=accelerator.device)
    items = [Item((row,)) for row in rows]
    parts = cut(items, max_tokens, accelerator.process_index, accelerator.num_processes)
    module.eval()
    with torch.no_grad(), ctx.progress(len(rows), f"{ctx.label} reference") as bar:
        for part in parts:
            batch = collate(part, pad_id).to(accelerator.device)
            logp_N = run(module, plain, batch).logp_N.float()
            for item, own_n in zip(
                part, logp_N.split([len(i.rows[0].ids) - i.rows[0].start for i in part]), strict=True
            ):
                if item.weight:
                    place = position[item.rows[0].id]
                    values[ends[place] - sizes[place] : ends[place]] = own_n
            bar.advance(sum(item.weight > 0 for item in part))
    module.train()
    values = accelerator.reduce(values, "sum")
    if accelerator.is_main_process:
        buffer = io.BytesIO()
        np.savez(buffer, ids=names, logp=values.cpu().numpy())
        write_atomic(path, buffer.getvalue())
    return dict(zip(names.tolist(), np.split(values.cpu().numpy(), ends[:-1]), strict=True))
