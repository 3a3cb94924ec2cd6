"""The sampling loop: one prefill per prompt, a shared cache for its samples, rows that wait take the places
of finished ones.

A batch that outgrows its token budget, or that has only stragglers left, gives rows back: what they have
written joins their prompt, and they go on in a later batch. Every row has random numbers of its own, so it
writes the same wherever it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models import _refill
from limbeck.models._draw import choose, digest, uniforms
from limbeck.models._queue import Queue, Row, rows_at_once
from limbeck.networks import states
from limbeck.networks.growing import new_cache, plain

if TYPE_CHECKING:
    from limbeck.networks.steering import Steering

COMPACT = 0.15
"""Share of finished rows at which others take their places, or they are taken out of the batch: to compute
few beginnings, or to copy the cache, at every step costs more."""

STRAGGLERS = 0.15
"""Share of a batch below which the rows left wait for company: a step costs nearly as much for few rows as
for many."""

BLOCK = 64
"""Steps for which random numbers and room for tokens are made at a time."""


@dataclass(frozen=True)
class Limits:
    """What ends a row and what fits into a batch.

    ``ends`` are end tokens, ``tokens`` is the most the cache may hold over all rows. ``stopped`` says of the
    last ``reach`` tokens of each row whether they hold a stop string.
    """

    ends: torch.Tensor
    tokens: int
    reach: int = 0
    stopped: Callable[[list[list[int]]], list[bool]] | None = None


def check(model: Any) -> None:
    """Raise for an architecture that keeps its state elsewhere (RWKV) and would here forget all it has read.

    Raises:
        LimbeckError: naming the architecture.
    """
    states.name_of(model)


class Batch:
    """The rows in the model: their cache, what they have written here, and their next logits."""

    def __init__(
        self, model: Any, rows: list[Row], sampling: Sampling, steering: Steering | None = None
    ) -> None:
        self.model, self.rows, self.sampling, self.steps = model, rows, sampling, 0
        self.steering = steering
        self.alive_R = torch.ones(len(rows), dtype=torch.bool)
        # Steps at which each row came in, and at which it has written all that it may.
        self.begun_R = torch.zeros(len(rows), dtype=torch.long)
        self.until_R = torch.tensor([row.most - len(row.ids) for row in rows])
        self.start: _refill.Start | None = None
        self.written_RT = torch.zeros(len(rows), BLOCK, dtype=torch.long)
        self.logp_RT = torch.zeros(len(rows), BLOCK)
        # Rows of one prompt lie side by side: a beginning they share is computed once, then copied.
        starts: list[list[int]] = []
        places = []
        for before, row in zip([None, *rows], rows, strict=False):
            if before is None or before.index != row.index or before.ids or row.ids:
                starts.append(row.prompt + row.ids)
            places.append(len(starts) - 1)
        self.width = max(map(len, starts))
        self.memory, self.cache = states.name_of(model), new_cache(model)
        self.mask_RT: torch.Tensor | None = None
        if any(len(ids) < self.width for ids in starts):
            seen = [[0] * (self.width - len(ids)) + [1] * len(ids) for ids in starts]
            self.mask_RT = torch.tensor(seen, device=model.device)
        padded = [[0] * (self.width - len(ids)) + ids for ids in starts]
        self.logits_RV = self._forward(torch.tensor(padded, device=model.device))
        if len(starts) < len(rows):
            self._copy(torch.tensor(places, device=model.device))
        if steering is not None:
            for row in rows:
                row.seen = row.prompt + row.ids
            steering.begin(model, rows)

    def _forward(self, ids_RT: torch.Tensor) -> torch.Tensor:
        more: dict[str, Any] = {}
        # Without padding no mask is passed, so that attention takes its fast path.
        if self.mask_RT is not None and states.masked(self.memory, ids_RT):
            more["attention_mask"] = self.mask_RT
            more["position_ids"] = (self.mask_RT.cumsum(-1) - 1).clamp(min=0)[:, -ids_RT.shape[1] :]
        more[self.memory] = self.cache
        output = self.model(input_ids=ids_RT, use_cache=True, logits_to_keep=1, **more)
        logits_RV: torch.Tensor = output.logits[:, -1]
        return logits_RV

    def _copy(self, places: Any) -> None:
        # Unlike batch_select_indices, this one is there for the states of linear attention too.
        self.cache.reorder_cache(places)
        self.logits_RV = self.logits_RV[places]
        if self.mask_RT is not None:
            self.mask_RT = self.mask_RT[places]

    def _room(self) -> None:
        """Random numbers for the next steps, and columns to write them to."""
        if self.sampling.temperature > 0:
            self.uniform_RT = self._uniforms(range(len(self.rows))).to(self.model.device)
        if not self.steps:
            return
        # What rows long finished have written is not kept.
        past = int(self.begun_R[self.alive_R].min()) // BLOCK * BLOCK
        self.steps, self.begun_R, self.until_R = self.steps - past, self.begun_R - past, self.until_R - past
        more = torch.zeros(len(self.rows), BLOCK)
        self.written_RT = torch.cat([self.written_RT[:, past:], more.long()], 1)
        self.logp_RT = torch.cat([self.logp_RT[:, past:], more], 1)

    def _uniforms(self, places: Iterable[int]) -> torch.Tensor:
        # By prompt, sample and position, none of which a row's place in any batch can change.
        at = [(self.rows[place], self.steps - int(self.begun_R[place])) for place in places]
        keys = [(digest(row.prompt), row.number, len(row.ids) + steps) for row, steps in at]
        return uniforms(keys, self.sampling.seed, BLOCK)

    def draw(self, places_P: torch.Tensor) -> None:
        """Random numbers for rows that have just come in, up to the step at which all get new ones."""
        column = self.steps % BLOCK
        if column and self.sampling.temperature > 0:
            uniform_PT = self._uniforms(places_P.tolist())[:, : BLOCK - column]
            self.uniform_RT[places_P.to(self.model.device), column:] = uniform_PT.to(self.model.device)

    def _choose(self, column: int) -> torch.Tensor:
        uniform_R = self.uniform_RT[:, column] if self.sampling.temperature > 0 else None
        return choose(self.logits_RV, self.sampling, uniform_R)

    def step(self) -> torch.Tensor:
        """Choose and note a token for every row; returns them on the CPU."""
        column = self.steps % BLOCK
        if column == 0:
            self._room()
        if self.steering is not None:
            self.logits_RV = self._steered(self.steering)
        self.next_R = self._choose(column)
        if self.sampling.logprobs:
            logp_RV = self.logits_RV.float().log_softmax(-1)
            self.logp_RT[:, self.steps] = logp_RV.gather(-1, self.next_R[:, None])[:, 0].cpu()
        next_R = self.next_R.cpu()
        self.written_RT[:, self.steps] = next_R
        self.steps += 1
        if self.steering is not None:
            for row, token in zip(self.rows, next_R.tolist(), strict=True):
                row.seen.append(token)
        return next_R

    def _steered(self, steering: Steering) -> torch.Tensor:
        """The logits as a steering would have them.

        Raises:
            LimbeckError: they are others in number, or leave a row no token to draw.
        """
        logits_RV = steering.logits(self.logits_RV, self.rows)
        name, shape = type(steering).__name__, tuple(self.logits_RV.shape)
        if logits_RV.shape != shape:
            raise LimbeckError(
                f"steering {name} gives logits of shape {tuple(logits_RV.shape)} for those of shape {shape}"
            )
        # Without this, a row of -inf or NaN would silently draw token 0.
        if not logits_RV.amax(-1).isfinite().all():
            raise LimbeckError(f"steering {name} leaves a row without a token to draw, or with NaN")
        return logits_RV

    def stopped(self, limits: Limits) -> torch.Tensor:
        """Which rows have just written a stop string."""
        assert limits.stopped is not None
        tails = [self.tail(place, limits.reach) for place in range(len(self.rows))]
        return torch.tensor(limits.stopped(tails))

    def tail(self, place: int, most: int) -> list[int]:
        """The last ``most`` tokens that a row has written."""
        begun = max(int(self.begun_R[place]), self.steps - most)
        here: list[int] = self.written_RT[place, begun : self.steps].tolist()
        return [*self.rows[place].ids[-most:], *here][-most:]

    def advance(self) -> None:
        """Feed the chosen tokens to the model."""
        if self.mask_RT is not None:
            self.mask_RT = torch.cat([self.mask_RT, self.mask_RT.new_ones(len(self.rows), 1)], 1)
        self.width += 1
        self.logits_RV = self._forward(self.next_R[:, None])

    def take(self, chosen_R: torch.Tensor, ended_R: torch.Tensor | None = None) -> list[Row]:
        """Rows with all they have written; here they no longer count."""
        taken = []
        for place in chosen_R.nonzero()[:, 0].tolist():
            row = self.rows[place]
            here = slice(int(self.begun_R[place]), self.steps)
            row.ids += self.written_RT[place, here].tolist()
            if self.sampling.logprobs:
                row.logps += self.logp_RT[place, here].tolist()
            row.ended = ended_R is not None and bool(ended_R[place])
            taken.append(row)
        self.alive_R &= ~chosen_R
        return taken

    @property
    def open(self) -> bool:
        """Whether rows can come in while others are under way: a steering knows those it began with."""
        return self.steering is None and plain(self.cache)

    def close(self) -> None:
        """Nothing more is asked of this batch."""
        if self.steering is not None:
            self.steering.end()

    def compact(self) -> None:
        """Take out the rows that no longer count."""
        places = self.alive_R.nonzero()[:, 0]
        self.rows = [self.rows[place] for place in places.tolist()]
        self.alive_R = self.alive_R[places]
        self.begun_R, self.until_R = self.begun_R[places], self.until_R[places]
        self.written_RT, self.logp_RT = self.written_RT[places], self.logp_RT[places]
        places = places.to(self.model.device)
        self.next_R = self.next_R[places]
        if self.sampling.temperature > 0:
            self.uniform_RT = self.uniform_RT[places]
        self._copy(places)


@torch.inference_mode()
def sample(
    model: Any, rows: list[Row], sampling: Sampling, limits: Limits, steering: Steering | None = None
) -> Iterator[list[Row]]:
    """Continue rows until an end token, a stop string or their ``most`` tokens; yields lists of finished
    ones.

    A row's ``ids`` include the end token; one that was cut off is not ``ended``. With a steering, tokens are
    drawn from its logits, and log-probabilities are theirs.
    """
    check(model)
    queue = Queue(rows, limits.tokens, rows_at_once(model))
    while queue:
        with closing(Batch(model, queue.batch(), sampling, steering)) as batch:
            yield from _run(batch, queue, limits)


def _run(batch: Batch, queue: Queue, limits: Limits) -> Iterator[list[Row]]:
    """Steps of one batch until its rows are finished or handed back to the queue."""
    begun = len(batch.rows)
    if batch.open:
        _refill.kept(batch, batch.rows[0], queue)
    # Rows that are over stay in the batch, where they are fed and ignored, until enough of them are to be
    # worth computing what others begin with, or a copy of the cache.
    while True:
        ended_R = torch.isin(batch.step(), limits.ends)
        if limits.stopped is not None:
            ended_R |= batch.stopped(limits)
        over_R = batch.alive_R & (ended_R | (batch.until_R <= batch.steps))
        if over_R.any():
            yield queue.done(batch.take(over_R, ended_R))
        count = int(batch.alive_R.sum())
        if count < STRAGGLERS * begun and queue:
            queue.later += batch.take(batch.alive_R.clone())
            return
        if not count:
            return
        # Half of them, not just enough: a batch at its budget would else hand rows back every few tokens.
        if count > 1 and count * (batch.width + 1) > limits.tokens:
            second_half_R = batch.alive_R & (batch.alive_R.cumsum(0) > (count + 1) // 2)
            queue.later += batch.take(second_half_R)
            batch.compact()
            begun = len(batch.rows)
        batch.advance()
        if count < (1 - COMPACT) * len(batch.rows):
            if batch.open and queue:
                _refill.refill(batch, queue)
            if int(batch.alive_R.sum()) < (1 - COMPACT) * len(batch.rows):
                batch.compact()
