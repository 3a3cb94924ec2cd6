"""The reference's log-probabilities, computed once before training and kept beside the run."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from limbeck.pipeline.context import Context
from limbeck.pipeline.store import write_atomic
from limbeck.training.batch import Item, Row, collate, cut
from limbeck.training.logp import Policy


def reference_logps(
    module: Any, accelerator: Any, rows: Sequence[Row], path: Path, max_tokens: int, pad_id: int, ctx: Context
) -> dict[str, float]:
    """Summed log-probability of each row under the untrained student, by trace id, in nats.

    Args:
        module: a prepared `TokenLogp`; the student as it starts, so the reference needs no second model.
        path: where they are kept; taken from there when it holds exactly these rows.
        max_tokens: padded tokens at a time.
    """
    names = np.array([row.id for row in rows])
    if path.exists():
        with np.load(path) as kept:
            if np.array_equal(kept["ids"], names):
                return dict(zip(kept["ids"].tolist(), kept["logp"].tolist(), strict=True))
    position = {row.id: index for index, row in enumerate(rows)}
    values = torch.zeros(len(rows), dtype=torch.float32, device=accelerator.device)
    items = [Item((row,)) for row in rows]
    parts = cut(items, max_tokens, accelerator.process_index, accelerator.num_processes)
    module.eval()
    with torch.no_grad(), ctx.progress(len(rows), f"{ctx.label} reference") as bar:
        for part in parts:
            batch = collate(part, pad_id).to(accelerator.device)
            logp_B = Policy.of(module(batch.ids_BT, batch.index_N, batch.target_N), batch).logp_B
            own = [index for index, item in enumerate(part) if item.weight]
            if own:
                values[[position[batch.ids[index]] for index in own]] = logp_B[own].float()
            bar.advance(len(own))
    module.train()
    values = accelerator.reduce(values, "sum")
    if accelerator.is_main_process:
        buffer = io.BytesIO()
        np.savez(buffer, ids=names, logp=values.cpu().numpy())
        write_atomic(path, buffer.getvalue())
    return dict(zip(names.tolist(), values.tolist(), strict=True))
