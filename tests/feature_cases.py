"""A batch, hidden states and a policy made by hand, for tests of objectives on hidden states."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch

from limbeck.networks.batch import Item, Row, collate
from limbeck.networks.events import Events
from limbeck.networks.moments import Moments
from limbeck.objectives.ops import Signal

# Completions of 2, 1 and 3 tokens after prompts of 2, 3 and 1; weights 1, 1 and 2.
BATCH = collate([
    Item((Row(f"r{i}", np.arange(1, start + count + 1) % 6, start),), weight)
    for i, (start, count, weight) in enumerate([(2, 2, 1.0), (3, 1, 1.0), (1, 3, 2.0)])
])  # fmt: skip


ROWS, WIDTH, WORDS = 3, BATCH.ids_BT.shape[1], 6


ROTATION = torch.linalg.qr(
    torch.randn(4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
)[0]


def states(layers: int, width: int, seed: int) -> tuple[torch.Tensor, ...]:
    """Hidden states of the embeddings and of some layers."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(
        torch.randn(ROWS, WIDTH, width, dtype=torch.float64, generator=generator).requires_grad_()
        for _ in range(layers + 1)
    )


def policy(layers=(), extra=None, logits=None) -> SimpleNamespace:
    """Uniform words unless there are logits ``[N, V]``."""
    logits = torch.zeros(6, WORDS, dtype=torch.float64) if logits is None else logits
    logp_N = logits.log_softmax(-1)[torch.arange(6), BATCH.target_N]
    logp_B = logp_N.new_zeros(ROWS).index_add(0, BATCH.row_N, logp_N)

    def against(teacher, function, temperature=1.0):
        sides = [(each / temperature).log_softmax(-1) for each in (logits, teacher.given)]
        return function(Events(*sides, BATCH.target_N, slice(0, 6)))

    def of_moments(function):
        return function(logits, slice(0, 6), Moments.of(logits))

    return SimpleNamespace(
        layers=layers, extra=extra, given=logits, logits=lambda index: logits[index], against=against,
        of_moments=of_moments, vocabulary=WORDS,
        logp_N=logp_N, mean_B=logp_B / BATCH.count_B,
        log_probs=lambda index, temperature=1.0: (logits[index] / temperature).log_softmax(-1),
    )  # fmt: skip


def signal(layers=(), progress: float = 1.0, logits=None) -> Signal:
    return Signal(
        teacher=policy(logits=logits), layers=tuple(each.detach() for each in layers), progress=progress
    )


def mean(loss) -> torch.Tensor:
    return loss.sum / loss.count


def number(loss) -> float:
    return float(mean(loss).detach())


def metric(loss, name: str) -> float:
    total, count = loss.metrics[name]
    return float(total / count)
