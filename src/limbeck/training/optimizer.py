"""The optimizer, and the learning rate of each step."""

from __future__ import annotations

import math

import torch
from torch import nn

from limbeck.training.settings import Stepping
from limbeck.training.state import trainable


def rate(step: int, steps: int, stepping: Stepping) -> float:
    """Learning rate of step 0, 1, … of ``steps``: linear warm-up, then the schedule; never zero."""
    warm = round(stepping.warmup * steps)
    if step < warm:
        return stepping.lr * (step + 1) / warm
    if stepping.schedule == "constant":
        return stepping.lr
    gone = (step - warm) / max(1, steps - warm)
    return stepping.lr * (1 - gone if stepping.schedule == "linear" else (1 + math.cos(math.pi * gone)) / 2)


def make_optimizer(module: nn.Module, stepping: Stepping) -> torch.optim.AdamW:
    """AdamW, fused where the device has it; weight decay on matrices only, as usual: not on norms and
    biases."""
    parameters = list(trainable(module).values())
    groups = [
        {"params": [each for each in parameters if each.dim() >= 2], "weight_decay": stepping.weight_decay},
        {"params": [each for each in parameters if each.dim() < 2], "weight_decay": 0.0},
    ]
    fused = all(each.device.type in ("cpu", "cuda") for each in parameters)
    return torch.optim.AdamW(
        [group for group in groups if group["params"]], lr=stepping.lr, betas=stepping.betas, fused=fused
    )
