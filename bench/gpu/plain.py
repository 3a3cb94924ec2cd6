"""The loop that people write with transformers, on the same rows in the same steps: fixed rows a micro-batch
in the order they come, padded to the longest, a mask, whole logits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from bench.gpu.card import wait
from bench.gpu.ours import OBJECTIVES, RATE, TIMED, WARM, trained
from bench.gpu.scale import Scale, drawn, network
from limbeck.networks.batch import Item, Items


def train(name: str, scale: Scale, items: Items, batch: int) -> dict[str, Any]:
    """What was seen of the plain loop under an objective."""
    model = network(scale).train()
    model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0, fused=True)
    rows = len(items.items[0].rows)
    longest = max(item.width for item in items.items)
    size = max(1, scale.budget // (rows * longest))  # as many as fit when they are the longest
    known: dict[str, Tensor] = {}
    if name == "dpo":
        refer(model, scale, items.items, size, known)
    ends, losses = [0.0], []
    for number in range(WARM + TIMED):
        step = drawn(items, batch, number)
        losses.append(one_step(name, model, optimizer, scale, step, size, known))
        wait(scale.device)
        ends.append(time.perf_counter())
    return {"seconds": ends[-1] - ends[WARM], "loss": losses[0], "rows": size * rows}


def one_step(
    name: str, model: Any, optimizer: Any, scale: Scale, step: Sequence[Item], size: int,
    known: dict[str, Tensor],
) -> float:  # fmt: skip
    """An optimizer step; returns its loss."""
    count, total = (
        sum(map(trained, step)) if name == "sft" else len(step),
        torch.zeros((), device=scale.device),
    )
    for part in parts(step, size):
        batch = padded(part, scale.device)
        with torch.autocast(scale.device, torch.bfloat16):
            if name == "sft":
                loss = model(**batch, use_cache=False).loss * (sum(map(trained, part)) / count)
            else:
                loss = paired(name, model, batch, part, known).sum() / count
        loss.backward()
        total += loss.detach()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(total)


def parts(items: Sequence[Item], size: int) -> list[Sequence[Item]]:
    return [items[first : first + size] for first in range(0, len(items), size)]


def padded(part: Sequence[Item], device: str) -> dict[str, Tensor]:
    """Chosen rows, then rejected ones, padded on the right; labels are -100 where nothing is trained."""
    rows = [item.rows[side] for side in range(len(part[0].rows)) for item in part]
    width = max(len(row.ids) for row in rows)
    ids_BT, labels_BT = np.zeros((len(rows), width), np.int64), np.full((len(rows), width), -100)
    mask_BT = np.zeros((len(rows), width), np.int64)
    for index, row in enumerate(rows):
        end = len(row.ids)
        ids_BT[index, :end], mask_BT[index, :end] = row.ids, 1
        labels_BT[index, row.start : end] = row.ids[row.start :]
    named = {"input_ids": ids_BT, "attention_mask": mask_BT, "labels": labels_BT}
    return {name: torch.from_numpy(each).to(device) for name, each in named.items()}


def logps(model: Any, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Sums of the completions' log-probabilities ``[B]``, and how many tokens they have."""
    logits_BTV = model(batch["input_ids"], attention_mask=batch["attention_mask"], use_cache=False).logits
    labels_BT = batch["labels"][:, 1:]
    mask_BT = labels_BT != -100
    logp_BTV = logits_BTV[:, :-1].float().log_softmax(-1)
    logp_BT = logp_BTV.gather(-1, labels_BT.clamp(min=0)[..., None])[..., 0] * mask_BT
    return logp_BT.sum(-1), mask_BT.sum(-1)


def paired(
    name: str, model: Any, batch: dict[str, Tensor], part: Sequence[Item], known: dict[str, Tensor]
) -> Tensor:
    """A loss for each pair: REDI's (arXiv 2505.24850) or DPO's (arXiv 2305.18290)."""
    logp_B, count_B = logps(model, batch)
    if name == "redi":
        chosen_P, rejected_P = (logp_B / count_B).chunk(2)
        return OBJECTIVES[name]["alpha"] * rejected_P - chosen_P
    reference_B = torch.stack([known[item.rows[side].id] for side in range(2) for item in part])
    chosen_P, rejected_P = (logp_B - reference_B).chunk(2)
    return -logsigmoid(OBJECTIVES[name]["beta"] * (chosen_P - rejected_P))


@torch.no_grad()
def refer(model: Any, scale: Scale, items: Sequence[Item], size: int, known: dict[str, Tensor]) -> None:
    """The start's log-probabilities, which neither side's time has in it."""
    for part in parts(items, size):
        with torch.autocast(scale.device, torch.bfloat16):
            logp_B, _ = logps(model, padded(part, scale.device))
        names = [item.rows[side].id for side in range(2) for item in part]
        known |= dict(zip(names, logp_B, strict=True))
