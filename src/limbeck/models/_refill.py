"""Rows that wait take the places of rows that are over, while the others go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from limbeck.models._queue import Queue, Row
from limbeck.networks import growing

Batch = Any
"""A `limbeck.models.sampler.Batch`; that file imports this one."""

GROWN = 1.5
"""So many times as many rows as a batch has may wait beyond which it is not refilled: it was begun with wide
prompts, and a new one has room for more rows."""


@dataclass(frozen=True)
class Start:
    """A prompt that was computed and whose other samples still wait.

    ``states`` are its keys and values by layer, each ``[1, heads, tokens, D]``; ``logits_V`` tell what may
    follow it.
    """

    index: int
    states: list[tuple[torch.Tensor, torch.Tensor]]
    logits_V: torch.Tensor

    @property
    def width(self) -> int:
        """Tokens of the prompt."""
        return self.states[0][0].shape[-2]


def kept(batch: Batch, row: Row, queue: Queue) -> None:
    """Keep a prompt that was just computed, where the sample that waits next has the same one."""
    if batch.start is not None and batch.start.index == row.index:
        return
    batch.start = None
    if row.ids or not queue.rows or queue.rows[-1].index != row.index or queue.rows[-1].ids:
        return
    place, wide = batch.rows.index(row), len(row.prompt)
    cut = (slice(place, place + 1), slice(None), slice(-wide, None))
    states = [(layer.keys[cut].clone(), layer.values[cut].clone()) for layer in growing.layers(batch.cache)]
    batch.start = Start(row.index, states, batch.logits_RV[place].clone())


def refill(batch: Batch, queue: Queue) -> None:
    """Let as many rows in as there are places and room for; to be called after `Batch.take`, before a step.

    Beginnings are computed together, the samples of one prompt once.
    """
    places = (~batch.alive_R).nonzero()[:, 0]
    if queue.ready() > GROWN * len(batch.rows):
        return
    _trim(batch)
    rows = queue.joining(len(places), len(batch.rows) - len(places), batch.width)
    if not rows:
        return
    places = places[: len(rows)]
    start = batch.start
    known = [row for row in rows if start is not None and row.index == start.index and not row.ids]
    others = [row for row in rows if row not in known]
    _enter(batch, known + others, places)
    if known and start is not None:
        here = places[: len(known)].to(batch.model.device)
        _put(batch, here, start.states, start.logits_V, None, start.width)
    if others:
        fresh = type(batch)(batch.model, others, batch.sampling)
        states = [(layer.keys, layer.values) for layer in growing.layers(fresh.cache)]
        here = places[len(known) :].to(batch.model.device)
        _put(batch, here, states, fresh.logits_RV, fresh.mask_RT, fresh.width)
    kept(batch, rows[0], queue)


def _trim(batch: Batch) -> None:
    """Forget the columns that no row under way has seen."""
    if batch.mask_RT is None:
        return
    first = int(batch.mask_RT[batch.alive_R.to(batch.mask_RT.device)].any(0).int().argmax())
    if first:
        batch.mask_RT, batch.width = batch.mask_RT[:, first:], batch.width - first
        for layer in growing.layers(batch.cache):
            layer.cut(first)


def _put(
    batch: Batch,
    places_P: torch.Tensor,
    states: list[tuple[torch.Tensor, torch.Tensor]],
    logits: torch.Tensor,
    mask_PT: Any,
    wide: int,
) -> None:
    """Lay beginnings of ``wide`` columns into places."""
    if wide > batch.width:
        batch.mask_RT = growing.padded(_mask(batch)[None, :, :, None], wide)[0, :, :, 0]
        for layer in growing.layers(batch.cache):
            layer.keys, layer.values = growing.padded(layer.keys, wide), growing.padded(layer.values, wide)
        batch.width = wide
    for layer, (keys, values) in zip(growing.layers(batch.cache), states, strict=True):
        layer.put(places_P, keys, values)
    mask_RT = _mask(batch).clone()
    mask_RT[places_P] = 0
    mask_RT[places_P, batch.width - wide :] = 1 if mask_PT is None else mask_PT
    batch.mask_RT = mask_RT
    batch.logits_RV[places_P] = logits


def _mask(batch: Batch) -> torch.Tensor:
    """Which columns each row has seen."""
    if batch.mask_RT is None:
        return torch.ones(len(batch.rows), batch.width, dtype=torch.long, device=batch.model.device)
    seen_RT: torch.Tensor = batch.mask_RT
    return seen_RT


def _enter(batch: Batch, rows: list[Row], places_P: torch.Tensor) -> None:
    """Note who is where, and their random numbers for the steps until all rows get new ones."""
    for place, row in zip(places_P.tolist(), rows, strict=True):
        batch.rows[place] = row
    batch.alive_R[places_P] = True
    batch.begun_R[places_P] = batch.steps
    batch.until_R[places_P] = batch.steps + torch.tensor([row.most - len(row.ids) for row in rows])
    batch.draw(places_P)
