"""The thread that samples for many callers at once: rows that arrive join the batch that runs."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any

import torch

from limbeck.models._mixed import AskedRow, Mixed
from limbeck.models._queue import FIRST_GUESS, rows_at_once
from limbeck.models.sampler import COMPACT, check

PIECE = 4
"""Tokens after which a caller who listens hears of what was written."""

BETWEEN = 8
"""Tokens that a batch writes before rows join it again: each time costs as much as a few tokens."""


class Engine:
    """Samples rows until they end, in the order they came, as many side by side as fit.

    Args:
        ends: ids that end every row.
        tokens: the most that the cache may hold, over all rows.
        decode: the text of tokens, special ones too.
    """

    def __init__(
        self, model: Any, ends: Sequence[int], tokens: int, decode: Callable[[list[int]], str]
    ) -> None:
        check(model)
        self.model, self.ends, self.tokens, self.decode = model, set(ends), tokens, decode
        self.most = rows_at_once(model)
        self.arrivals: SimpleQueue[list[AskedRow]] = SimpleQueue()
        self.waiting: deque[AskedRow] = deque()
        self.entering: list[AskedRow] = []
        self.batch: Mixed | None = None
        self.over = False
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    @property
    def load(self) -> tuple[int, int]:
        """Rows under way, and rows that wait for room."""
        batch = self.batch
        return (len(batch.rows) if batch else 0), len(self.waiting)

    def ask(self, rows: list[AskedRow]) -> None:
        """Have rows sampled; each arrives in its call's queue when it is over."""
        self.arrivals.put(rows)

    def close(self) -> None:
        """Sample nothing more. A process that ends while the network computes in a thread is aborted."""
        self.over = True
        self.arrivals.put([])
        self.thread.join()

    @torch.inference_mode()
    def _work(self) -> None:
        while not self.over:
            self.waiting.extend(self._arrived())
            try:
                self._turn()
            except Exception as error:  # out of memory, say: it is told to all who wait, and the next may fit
                rows = [*(self.batch.rows if self.batch else ()), *self.entering, *self.waiting]
                self.batch, self.entering = None, []
                self.waiting.clear()
                for call in {row.call for row in rows}:
                    call.arrived.put(error)

    def _arrived(self) -> Iterator[AskedRow]:
        """What has come; with nothing to do, what comes next."""
        if self.batch is None and not self.waiting:
            yield from self.arrivals.get()
        while True:
            try:
                yield from self.arrivals.get_nowait()
            except Empty:
                return

    def _turn(self) -> None:
        """One token for every row."""
        if self.batch is None or self.batch.steps >= BETWEEN:
            self._admit()
        batch = self.batch
        if batch is None:
            return
        over_R, ended_R = self._over(batch, batch.step().tolist())
        over: list[Any] = batch.take(over_R, ended_R)
        for row in over:
            row.call.arrived.put(row)
        self._drop(batch)
        count = int(batch.alive_R.sum())
        if not count:
            self.batch = None
            return
        self._tell(batch)
        if count > 1 and count * (batch.width + 1) > self.tokens:
            # The younger half goes on when there is room again: what it has written is computed anew then.
            younger_R = batch.alive_R & (batch.alive_R.cumsum(0) > (count + 1) // 2)
            younger: list[Any] = batch.take(younger_R)
            self.waiting.extendleft(reversed(younger))
            batch.compact()
        elif count < (1 - COMPACT) * len(batch.rows):
            batch.compact()
        batch.advance()

    def _admit(self) -> None:
        """Let rows in that wait, as far as there is room for them and for a first stretch of what they
        write."""
        alive = int(self.batch.alive_R.sum()) if self.batch else 0
        width = self.batch.width if self.batch else 0
        rows: list[Any] = []
        self.entering = rows
        while self.waiting:
            row = self.waiting[0]
            width = max(width, row.width + min(FIRST_GUESS, row.most))
            count = alive + len(rows) + 1
            if count > 1 and (count > self.most or count * width > self.tokens):
                break
            self.waiting.popleft()
            if row.call.gone:
                row.call.arrived.put(None)
            else:
                rows.append(row)
        if not rows:
            return
        if self.batch is not None and not self.batch.joinable:
            rows[:0] = self.batch.take(self.batch.alive_R.clone())
            self.batch = None
        fresh = Mixed(self.model, rows)
        if self.batch is None:
            self.batch = fresh
        else:
            self.batch.join(fresh)
        self.entering = []

    def _drop(self, batch: Mixed) -> None:
        """Rows that nobody waits for any more are over."""
        for place, row in enumerate(batch.rows):
            if row.call.gone and batch.alive_R[place]:
                batch.alive_R[place] = False
                row.call.arrived.put(None)

    def _over(self, batch: Mixed, tokens: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        """Which rows are over, and which of them ended by themselves."""
        over_R, ended_R = torch.zeros_like(batch.alive_R), torch.zeros_like(batch.alive_R)
        alive, until = batch.alive_R.tolist(), batch.until_R.tolist()
        for place, (row, token) in enumerate(zip(batch.rows, tokens, strict=True)):
            if alive[place]:
                stops = token in self.ends or token in row.sampling.ends or self._stopped(batch, place)
                ended_R[place] = stops
                over_R[place] = stops or until[place] <= batch.steps
        return over_R, ended_R

    def _stopped(self, batch: Mixed, place: int) -> bool:
        """Whether a row has just written a stop string, which has at most as many tokens as bytes."""
        stop = batch.rows[place].sampling.stop
        if not stop:
            return False
        text = self.decode(batch.tail(place, max(len(mark.encode()) for mark in stop) + 1))
        return any(mark in text for mark in stop)

    def _tell(self, batch: Mixed) -> None:
        """Tell those who listen what their rows have written so far."""
        for place, row in enumerate(batch.rows):
            if row.call.piecewise and batch.alive_R[place] and (len(row.ids) + batch.steps) % PIECE == 0:
                row.call.arrived.put((row.asked, row.number, batch.tail(place, row.most)))
