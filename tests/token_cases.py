"""Two tokenisations of two rows, and what a policy and a teacher say of them, worked by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch

from limbeck.networks.batch import Batch, Item, Row, collate
from limbeck.objectives.ops import Signal

# Row a reads "12+3": the student's tokens 1 2 + 3, the teacher's 12 +3. Row b reads "45", one token each on
# one side.
OURS = [[(0, 1), (1, 2), (2, 3), (3, 4), (4, 4)], [(0, 1), (1, 2), (2, 2)]]


THEIRS = [[(0, 2), (2, 4), (4, 4)], [(0, 2), (2, 2)]]


def located(spans: list[list[tuple[int, int]]], weights: tuple[float, ...] = (1.0, 3.0)) -> Batch:
    """Rows with a prompt of two tokens and a completion token for each span; the last one ends the turn."""
    rows = [
        Row(f"r{index}", np.arange(len(row) + 2), 2, spans=np.array(row, dtype=np.int64))
        for index, row in enumerate(spans)
    ]
    return collate([Item((row,), weight) for row, weight in zip(rows, weights, strict=True)])


BATCH, OTHER = located(OURS), located(THEIRS)


def says(logits: torch.Tensor, batch: Batch) -> SimpleNamespace:
    """What a policy and a teacher have in common, from whole logits ``[N, V]``."""
    logp = logits.log_softmax(-1)
    logp_N = logp[:, 0]
    mean_B = logp_N.new_zeros(2).index_add(0, batch.row_N, logp_N) / batch.count_B
    return SimpleNamespace(
        log_probs=lambda index, temperature=1.0: (logits[index] / temperature).log_softmax(-1),
        of_some=lambda index, function, other=0: function(logits[index], torch.arange(len(index))),
        vocabulary=logits.shape[1], logp_N=logp_N, mean_B=mean_B, spans_N2=batch.columns["spans"],
    )  # fmt: skip


def signal(logits: torch.Tensor, **more) -> Signal:
    return Signal(teacher=says(logits, OTHER), other=OTHER, spans_N2=OTHER.columns["spans"], **more)


def mean(loss) -> torch.Tensor:
    return loss.sum / loss.count


def metric(loss, name: str) -> float:
    total, count = loss.metrics[name]
    return float(total / count)


def logits(count: int, words: int, seed: int) -> torch.Tensor:
    return torch.randn(count, words, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
