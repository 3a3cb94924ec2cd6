"""Tokenised rows, their order, and how an optimizer batch is cut into padded micro-batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Row:
    """One trace as token ids: the prompt up to ``start``, from there what is trained."""

    id: str
    ids: np.ndarray
    start: int


@dataclass(frozen=True, slots=True)
class Item:
    """What is drawn at once: one trace, or the chosen and the rejected trace of a pair."""

    rows: tuple[Row, ...]
    weight: float = 1.0

    @property
    def width(self) -> int:
        """Length of the longest row, in tokens."""
        return max(len(row.ids) for row in self.rows)

    @property
    def tokens(self) -> int:
        return sum(len(row.ids) for row in self.rows)


@dataclass
class Items:
    """All there is to train on, and why the rest is left out."""

    items: list[Item] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    pad_id: int = 0

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Batch:
    """A padded micro-batch. Of ``P`` pairs, rows ``0…P-1`` are chosen and ``P…2P-1`` rejected, in the same order.

    Attributes:
        ids_BT: token ids, padded on the right.
        mask_BT: true on completion tokens; prompt and padding are false.
        index_N: flat position in ``ids_BT`` of the token that predicts each completion token.
        target_N: the completion tokens.
        row_N: the row each of them is in.
        count_B: completion tokens per row.
        weight_B: weight of the row's trace or pair.
        ids: trace ids by row.
        pairs: number of pairs, 0 for single traces.
    """

    ids_BT: Tensor
    mask_BT: Tensor
    index_N: Tensor
    target_N: Tensor
    row_N: Tensor
    count_B: Tensor
    weight_B: Tensor
    ids: list[str]
    pairs: int = 0

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        if device.type == "cpu":
            return self
        moved: dict[str, Any] = {
            name: value.to(device, non_blocking=True) for name, value in vars(self).items() if isinstance(value, Tensor)
        }
        return replace(self, **moved)


def collate(items: Sequence[Item], pad_id: int = 0) -> Batch:
    """Pad items of one kind into a batch."""
    rows = [item.rows[k] for k in range(len(items[0].rows)) for item in items]
    width = max(len(row.ids) for row in rows)
    ids_BT = np.full((len(rows), width), pad_id, dtype=np.int64)
    mask_BT = np.zeros((len(rows), width), dtype=bool)
    for index, row in enumerate(rows):
        ids_BT[index, : len(row.ids)] = row.ids
        mask_BT[index, row.start : len(row.ids)] = True
    row_N, column_N = np.nonzero(mask_BT)
    weights = [item.weight for item in items] * len(items[0].rows)
    return Batch(
        ids_BT=torch.from_numpy(ids_BT),
        mask_BT=torch.from_numpy(mask_BT),
        index_N=torch.from_numpy(row_N * width + column_N - 1),
        target_N=torch.from_numpy(ids_BT[row_N, column_N]),
        row_N=torch.from_numpy(row_N),
        count_B=torch.from_numpy(mask_BT.sum(1)).float(),
        weight_B=torch.tensor(weights, dtype=torch.float32),
        ids=[row.id for row in rows],
        pairs=len(items) if len(items[0].rows) == 2 else 0,
    )


def order(n: int, seed: int, start: int, stop: int) -> np.ndarray:
    """Items ``start`` to ``stop`` of an endless stream in which every epoch is a new permutation of ``range(n)``.

    A function of its arguments alone, so a resumed run draws what the interrupted one would have drawn.
    """
    epochs = range(start // n, (stop - 1) // n + 1) if stop > start else range(0)
    stream = [_permutation(n, seed, epoch) for epoch in epochs]
    first = start // n * n
    return np.concatenate(stream)[start - first : stop - first] if stream else np.empty(0, dtype=np.int64)


@lru_cache(maxsize=4)
def _permutation(n: int, seed: int, epoch: int) -> np.ndarray:
    # Every step of an epoch asks for the same one.
    return np.random.default_rng([seed, epoch]).permutation(n)


def cut(items: Sequence[Item], max_tokens: int, rank: int = 0, ranks: int = 1) -> list[list[Item]]:
    """One optimizer batch as this rank's micro-batches of at most ``max_tokens`` padded tokens, longest first.

    Rows of similar length share a micro-batch, so little is padding. An item longer than ``max_tokens`` has one alone.
    Every rank gets equally many micro-batches, as gradient exchange wants; what fills them up has weight 0.
    """
    ordered = sorted(items, key=lambda item: -item.width)
    shares = [_cut(ordered[r::ranks], max_tokens) for r in range(ranks)]
    most = max(len(share) for share in shares)
    filler = [replace(ordered[-1], weight=0.0)]
    return shares[rank] + [filler] * (most - len(shares[rank]))


def _cut(ordered: Sequence[Item], max_tokens: int) -> list[list[Item]]:
    parts: list[list[Item]] = []
    room = 0
    for item in ordered:
        rows = len(item.rows)
        if not parts or room < rows:
            # The first item of a part is its longest and sets the width of all.
            parts.append([])
            room = max(rows, max_tokens // item.width)
        parts[-1].append(item)
        room -= rows
    return parts
