"""A batch that rows join while it runs, each with settings of its own: what requests that know nothing of
each other are sampled in."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import torch

from limbeck.generation import Sampling
from limbeck.models._draw import choose, digest, uniforms
from limbeck.models._queue import Row
from limbeck.models.sampler import BLOCK, Batch
from limbeck.networks.growing import layers, padded, plain


@dataclass(eq=False)
class Call:
    """Somebody who waits for rows. What becomes of them arrives in a queue: a row that is over, what one has
    written so far (``piecewise``), an error, None for one that was dropped because nobody waits any more."""

    sampling: Sampling
    left: threading.Event
    piecewise: bool = False
    closed: bool = False
    arrived: SimpleQueue[Any] = field(default_factory=SimpleQueue)

    @property
    def gone(self) -> bool:
        """Whether nobody waits any more."""
        return self.closed or self.left.is_set()


@dataclass(slots=True, eq=False, kw_only=True)
class AskedRow(Row):
    """A row and who asked for it, for the prompt of which number in the call. ``tops`` are, token by token,
    the ids of the likeliest alternatives with their log-probabilities."""

    call: Call
    asked: int
    tops: list[list[tuple[int, float]]] = field(default_factory=list)

    @property
    def sampling(self) -> Sampling:
        """How it is drawn."""
        return self.call.sampling


class Mixed(Batch):
    """Rows of several calls. What a row draws is what it would draw in a batch of its own call."""

    rows: list[Any]
    """Of `AskedRow`."""

    def __init__(self, model: Any, rows: list[AskedRow]) -> None:
        super().__init__(model, list[Any](rows), _common(rows))

    def _uniforms(self, places: Iterable[int]) -> torch.Tensor:
        """Each row's own numbers, by the seed of its call."""
        drawn = []
        for row in (self.rows[place] for place in places):
            key = digest(row.prompt), row.number, len(row.ids) + self.steps
            drawn.append(uniforms([key], row.sampling.seed, BLOCK))
        return torch.cat(drawn)

    def _choose(self, column: int) -> torch.Tensor:
        """Rows of one temperature and nucleus are drawn together."""
        alike: dict[tuple[float, float], list[int]] = {}
        for place, row in enumerate(self.rows):
            alike.setdefault((row.sampling.temperature, row.sampling.top_p), []).append(place)
        next_R = torch.empty(len(self.rows), dtype=torch.long, device=self.logits_RV.device)
        for (temperature, _), places in alike.items():
            numbers = self.uniform_RT[places, column] if temperature > 0 else None
            next_R[places] = choose(self.logits_RV[places], self.rows[places[0]].sampling, numbers)
        return next_R

    def step(self) -> torch.Tensor:
        """As `Batch.step`; alternatives are noted where they were asked for."""
        next_R = super().step()
        asking = [place for place, row in enumerate(self.rows) if row.sampling.top and self.alive_R[place]]
        if asking:
            most = max(self.rows[place].sampling.top for place in asking)
            logp_RV = self.logits_RV[asking].float().log_softmax(-1)
            logp_RK, ids_RK = logp_RV.topk(min(most, logp_RV.shape[-1]))
            for place, ids, logps in zip(asking, ids_RK.tolist(), logp_RK.tolist(), strict=True):
                row = self.rows[place]
                row.tops.append(list(zip(ids, logps, strict=True))[: row.sampling.top])
        return next_R

    @property
    def joinable(self) -> bool:
        """Whether its cache is one that another can be laid beside: keys and values of every position."""
        return plain(self.cache)

    def join(self, other: Mixed) -> None:
        """Take in rows that have not begun to write. Both caches are padded on the left to one width.

        To be called before a step, on a batch that has made one.
        """
        self._settle()
        width = max(self.width, other.width)
        self.mask_RT = torch.cat([_widened(each.mask, width) for each in (self, other)])
        for mine, theirs in zip(layers(self.cache), layers(other.cache), strict=True):
            mine.keys = torch.cat([padded(mine.keys, width), padded(theirs.keys, width)])
            mine.values = torch.cat([padded(mine.values, width), padded(theirs.values, width)])
        self.logits_RV = torch.cat([self.logits_RV, other.logits_RV])
        self.rows, self.width = [*self.rows, *other.rows], width
        self._begin()

    @property
    def mask(self) -> torch.Tensor:
        """Which columns each row has seen."""
        if self.mask_RT is None:
            return torch.ones(len(self.rows), self.width, dtype=torch.long, device=self.model.device)
        return self.mask_RT

    def _settle(self) -> None:
        """Rows get what they have written here; those that are over go, and with them the columns that
        nobody else has: a batch that is always joined would else grow for ever."""
        alive_R = self.alive_R.clone()
        self.take(alive_R)
        self.alive_R = alive_R
        self.compact()
        first = int(self.mask.any(0).int().argmax())
        self.mask_RT, self.width = self.mask[:, first:], self.width - first
        for layer in layers(self.cache):
            layer.cut(first)

    def _begin(self) -> None:
        """Count steps from here."""
        self.steps, self.sampling = 0, _common(self.rows)
        self.alive_R = torch.ones(len(self.rows), dtype=torch.bool)
        self.begun_R = torch.zeros(len(self.rows), dtype=torch.long)
        self.until_R = torch.tensor([row.most - len(row.ids) for row in self.rows])
        self.written_RT = torch.zeros(len(self.rows), BLOCK, dtype=torch.long)
        self.logp_RT = torch.zeros(len(self.rows), BLOCK)


def _common(rows: Sequence[AskedRow]) -> Sampling:
    """What holds for the batch as a whole: there are random numbers, and log-probabilities where any row
    wants them."""
    return Sampling(temperature=1.0, logprobs=any(row.sampling.logprobs for row in rows))


def _widened(mask_RT: torch.Tensor, width: int) -> torch.Tensor:
    return padded(mask_RT[None, :, :, None], width)[0, :, :, 0]
