"""A batch and two random models over six words, for tests of objectives that distil distributions."""

from __future__ import annotations

import numpy as np
import torch

from limbeck.networks.batch import Item, Row, collate
from limbeck.networks.logp import Head
from limbeck.networks.policy import Policy
from limbeck.networks.teachers import Live
from limbeck.objectives.ops import Signal


def world(values=({}, {})):
    """Two rows of 3 and 2 completion tokens over 6 words."""
    rows = [Row(name, np.array([1, 2, 3, 4, 5][:size], dtype=np.int32), start, values=value)
            for (name, size, start),
            value in zip((("a", 5, 2), ("b", 3, 1)), values, strict=True)]  # fmt: skip
    batch = collate([Item((row,)) for row in rows])
    torch.manual_seed(1)
    student, teacher = (torch.randn(5, 6, dtype=torch.float64) for _ in range(2))
    return batch, student.requires_grad_(), teacher


def loss_of(objective, batch, student, teacher, signal=None, **params):
    signal = signal or {}
    loss = objective(
        batch, Policy(batch, Head(student)), Signal(teacher=Live(Head(teacher)), **signal), **params
    )
    return loss.sum / loss.count
