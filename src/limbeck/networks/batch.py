"""Tokenised rows, their order, and padded micro-batches of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from limbeck.errors import LimbeckError
from limbeck.networks.stored import Packed
from limbeck.records import Problem


@dataclass(frozen=True, slots=True)
class Row:
    """One trace as token ids: the prompt up to ``start``, from there what is trained.

    Attributes:
        problem: id of the problem it answers.
        values: one number each for the row, such as ``reward``.
        columns: for every completion token a number or a vector, such as ``weight`` or ``logp``.
        other: the same trace in the teacher's tokens, where the teacher has a tokenizer of its own.
        spans: where each completion token begins and ends in the completion's text, ``[n, 2]``.
        packed: more columns, compressed: what a teacher's stored signal says.
    """

    id: str
    ids: np.ndarray
    start: int
    problem: str = ""
    values: dict[str, float] = field(default_factory=dict)
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    other: Row | None = None
    spans: np.ndarray | None = None
    packed: Packed | None = None

    def all_columns(self) -> dict[str, np.ndarray]:
        """With what is packed."""
        more = self.packed.unpack() if self.packed else {}
        located = {} if self.spans is None else {"spans": self.spans}
        return {**self.columns, **more, **located}


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

    @property
    def weighs(self) -> bool:
        """Whether there is a token in it whose weight is not 0."""
        known = [row.columns.get("weight") for row in self.rows]
        return self.weight != 0 and any(weight_n is None or bool(weight_n.any()) for weight_n in known)


@dataclass
class Items:
    """All there is to train on, why the rest is left out, and what a verifier says of traces that are not."""

    items: list[Item] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    doubtful: Counter[str] = field(default_factory=Counter)
    pad_id: int = 0
    problems: dict[str, Problem] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Batch:
    """A padded micro-batch. Of ``P`` pairs, rows ``0…P-1`` are chosen and ``P…2P-1`` rejected, in the same
    order.

    Attributes:
        ids_BT: token ids, padded on the right.
        mask_BT: true on completion tokens; prompt and padding are false.
        index_N: flat position in ``ids_BT`` of the token that predicts each completion token.
        target_N: the completion tokens.
        row_N: the row each of them is in.
        token_weight_N: their weights within the row, 1 unless a trace says otherwise.
        count_B: sum of these weights per row, without any the number of completion tokens.
        weight_B: weight of the row's trace or pair.
        ids: trace ids by row.
        pairs: number of pairs, 0 for single traces.
        values: numbers of the rows, ``[B]`` each; columns: numbers or vectors of the completion tokens,
            ``[N, …]``.
    """

    ids_BT: Tensor
    mask_BT: Tensor
    index_N: Tensor
    target_N: Tensor
    row_N: Tensor
    token_weight_N: Tensor
    count_B: Tensor
    weight_B: Tensor
    ids: list[str]
    pairs: int = 0
    values: dict[str, Tensor] = field(default_factory=dict)
    columns: dict[str, Tensor] = field(default_factory=dict)

    def reweighted(self, token_weight_N: Tensor) -> Batch:
        """The same with other weights of its tokens."""
        count_B = torch.zeros_like(self.count_B).index_add(0, self.row_N, token_weight_N)
        return replace(self, token_weight_N=token_weight_N, count_B=count_B)

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        if device.type == "cpu":
            return self

        def move(value: Any) -> Any:
            if isinstance(value, dict):
                return {name: move(each) for name, each in value.items()}
            return value.to(device, non_blocking=True) if isinstance(value, Tensor) else value

        return replace(self, **{name: move(value) for name, value in vars(self).items()})


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
    columns = _columns(rows)
    token_weight_N = columns.pop("weight", None)
    if token_weight_N is None:
        token_weight_N = torch.ones(len(row_N))
    return Batch(
        ids_BT=torch.from_numpy(ids_BT),
        mask_BT=torch.from_numpy(mask_BT),
        index_N=torch.from_numpy(row_N * width + column_N - 1),
        target_N=torch.from_numpy(ids_BT[row_N, column_N]),
        row_N=torch.from_numpy(row_N),
        token_weight_N=token_weight_N,
        count_B=torch.zeros(len(rows)).index_add(0, torch.from_numpy(row_N), token_weight_N),
        weight_B=torch.tensor(weights, dtype=torch.float32),
        ids=[row.id for row in rows],
        pairs=len(items) if len(items[0].rows) == 2 else 0,
        values=_values(rows),
        columns=columns,
    )


def _values(rows: Sequence[Row]) -> dict[str, Tensor]:
    """Numbers that all rows have."""
    names = [name for name in rows[0].values if all(name in row.values for row in rows)]
    return {name: torch.tensor([row.values[name] for row in rows], dtype=torch.float32) for name in names}


def grouped(items: Sequence[Item]) -> list[Item]:
    """Single traces with what their problem's traces have in common: mean, spread, best and number of
    rewards.

    Spreads are those of samples (divided by n - 1), exactly 0 where all are equal; ``batch_std`` is over
    all traces given.
    """
    rewards: dict[str, list[float]] = {}
    for item in items:
        rewards.setdefault(item.rows[0].problem, []).append(item.rows[0].values["reward"])
    every = np.array([reward for group in rewards.values() for reward in group])
    spread = float(every.std(ddof=1)) if len(set(every)) > 1 else 0.0
    common = {}
    for index, (problem, group) in enumerate(rewards.items()):
        common[problem] = {
            "group": float(index), "group_mean": float(np.mean(group)), "group_size": float(len(group)),
            "group_std": float(np.std(group, ddof=1)) if len(set(group)) > 1 else 0.0,
            "group_best": max(group), "group_right": float(np.mean([reward > 0 for reward in group])),
            "batch_std": spread,
        }  # fmt: skip
    singles = []
    for item in items:
        (row,) = item.rows
        row = replace(row, values={**row.values, **common[row.problem]})
        singles.append(replace(item, rows=(row,)))
    return singles


def _columns(rows: Sequence[Row]) -> dict[str, Tensor]:
    """Columns of all rows, one after the other; where only some rows have token weights, the others weigh
    1."""
    columns = [row.all_columns() for row in rows]
    joined = {}
    for name in sorted(set().union(*columns)):
        parts = []
        for row, having in zip(rows, columns, strict=True):
            count = len(row.ids) - row.start
            part = having.get(name)
            if part is None and name == "weight":
                part = np.ones(count, dtype=np.float32)
            if part is None or len(part) != count:
                raise LimbeckError(
                    f"trace {row.id}: column {name!r} does not have one entry for each trained token"
                )
            parts.append(part)
        joined[name] = torch.from_numpy(np.concatenate(parts))
    return joined


def order(n: int, seed: int, start: int, stop: int) -> np.ndarray:
    """Items ``start`` to ``stop`` of an endless stream in which every epoch is a new permutation of
    ``range(n)``.

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


def token_weights(spans_n2: np.ndarray, weights: list[tuple[int, int, float]]) -> np.ndarray:
    """A weight for each token from weights of stretches of text: the last stretch that a token begins in
    counts."""
    weights_n = np.ones(len(spans_n2), dtype=np.float32)
    for start, end, weight in weights:
        weights_n[(spans_n2[:, 0] >= start) & (spans_n2[:, 0] < end)] = weight
    return weights_n
