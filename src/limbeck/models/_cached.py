"""Sampling under a policy that looks after the cache: rows of a batch write in step to their end.

A policy drops what it may need again if a row were set aside, so no row ever is: a batch holds what fits when
all of its rows write as much as they may.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from transformers import DynamicCache

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models._draw import choose, digest, uniforms
from limbeck.models._queue import Row, rows_at_once
from limbeck.models.sampler import BLOCK, COMPACT, Limits
from limbeck.networks.caching import Caching, Watch, attending, bytes_of, fit_for


@torch.inference_mode()
def sample(
    model: Any, rows: list[Row], sampling: Sampling, limits: Limits, caching: Caching
) -> Iterator[list[Row]]:
    """As `limbeck.models.sampler.sample`, with a policy in place of a steering. Rows have ``scores``:

    * ``cache_bytes``: most that the row's keys and values took at a time, ``cache_mean`` over its tokens.
    * ``keys_read``: keys that a head read for a token, mean over tokens, layers and heads.
    """
    fit_for(model, f"decoding with {type(caching).__name__}")
    for batch in _batches(model, rows, limits):
        yield from _Batch(model, batch, sampling, limits, caching).run()


def _batches(model: Any, rows: list[Row], limits: Limits) -> Iterator[list[Row]]:
    """Rows of about one width, as many as have room for all that they may write."""
    waiting = sorted(rows, key=lambda row: (row.width, row.index, row.number))
    most = rows_at_once(model)
    while waiting:
        longest = max(row.most for row in waiting)
        count = max(1, min(most, limits.tokens // (waiting[-1].width + longest)))
        yield waiting[-count:]
        del waiting[-count:]


class _Batch:
    """Rows, what their layers hold, and what they have written."""

    def __init__(
        self, model: Any, rows: list[Row], sampling: Sampling, limits: Limits, caching: Caching
    ) -> None:
        self.model, self.rows, self.sampling = model, rows, sampling
        self.limits, self.caching, self.steps = limits, caching, 0
        self.cache: Any = DynamicCache(config=model.config)
        self._prefill()
        caching.begin(model, rows, self.seen_RK)
        self.alive_R = torch.ones(len(rows), dtype=torch.bool)
        self.most_R = torch.tensor([row.most for row in rows])
        longest = int(self.most_R.max())
        self.written_RT = torch.zeros(len(rows), longest, dtype=torch.long)
        self.logp_RT = torch.zeros(len(rows), longest)
        # Positions held: the most and the sum over tokens; keys read, summed over tokens.
        self.held_R3 = torch.zeros(len(rows), 3, dtype=torch.float64)

    def _prefill(self) -> None:
        """Read the prompts, each once for its samples, which lie side by side."""
        starts: list[list[int]] = []
        places = []
        for before, row in zip([None, *self.rows], self.rows, strict=False):
            if before is None or before.index != row.index:
                starts.append(row.prompt)
            places.append(len(starts) - 1)
        width, device = max(map(len, starts)), self.model.device
        padded = [[0] * (width - len(ids)) + ids for ids in starts]
        seen = [[False] * (width - len(ids)) + [True] * len(ids) for ids in starts]
        ids_RK, seen_RK = torch.tensor(padded, device=device), torch.tensor(seen, device=device)
        # As in the other sampler: without padding no mask is passed, so that attention takes its fast path.
        self.padded = not bool(seen_RK.all())
        more = {}
        if self.padded:
            places_RK = (seen_RK.cumsum(-1) - 1).clamp(min=0)
            more = {"attention_mask": seen_RK.long(), "position_ids": places_RK}
        output = self.model(
            input_ids=ids_RK, past_key_values=self.cache, use_cache=True, logits_to_keep=1, **more
        )
        index_R = torch.tensor(places, device=device)
        self.logits_RV, self.seen_RK = output.logits[:, -1][index_R], seen_RK[index_R]
        if len(starts) < len(self.rows):
            self.cache.reorder_cache(index_R)
        self.prompt_R, self.width = self.seen_RK.sum(-1), width

    def run(self) -> Iterator[list[Row]]:
        """Lists of rows that are over, until all are."""
        while True:
            ended_R = torch.isin(self._choose(), self.limits.ends)
            if self.limits.stopped is not None:
                recent_RT = self.written_RT[:, max(0, self.steps - self.limits.reach) : self.steps]
                ended_R |= torch.tensor(self.limits.stopped(recent_RT.tolist()))
            over_R = self.alive_R & (ended_R | (self.most_R <= self.steps))
            if over_R.any():
                yield [self._over(place, bool(ended_R[place])) for place in over_R.nonzero()[:, 0].tolist()]
            self.alive_R &= ~over_R
            count = int(self.alive_R.sum())
            if not count:
                return
            if count < (1 - COMPACT) * len(self.rows):
                self._compact()
            self._feed()

    def _choose(self) -> torch.Tensor:
        """The next token of every row, on the CPU."""
        column = self.steps % BLOCK
        uniform_R = None
        if self.sampling.temperature > 0:
            if column == 0:
                keys = [(digest(row.prompt), row.number, self.steps) for row in self.rows]
                self.uniform_RT = uniforms(keys, self.sampling.seed, BLOCK).to(self.model.device)
            uniform_R = self.uniform_RT[:, column]
        self.next_R = choose(self.logits_RV, self.sampling, uniform_R)
        if self.sampling.logprobs:
            logp_RV = self.logits_RV.float().log_softmax(-1)
            self.logp_RT[:, self.steps] = logp_RV.gather(-1, self.next_R[:, None])[:, 0].cpu()
        next_R = self.next_R.cpu()
        self.written_RT[:, self.steps] = next_R
        self.steps += 1
        return next_R

    def _over(self, place: int, ended: bool) -> Row:
        """A row with all it has written and what its cache took."""
        row = self.rows[place]
        row.ids, row.ended = self.written_RT[place, : self.steps].tolist(), ended
        if self.sampling.logprobs:
            row.logps = self.logp_RT[place, : self.steps].tolist()
        most, total, reads = self.held_R3[place].tolist()
        fed = max(1, self.steps - 1)  # the last token is read by nobody
        each = bytes_of(self.cache)
        row.scores = {"cache_bytes": most * each, "cache_mean": total / fed * each, "keys_read": reads / fed}
        row.scores |= self.caching.scores(place)
        return row

    def _compact(self) -> None:
        """Take out the rows that are over."""
        places = self.alive_R.nonzero()[:, 0]
        self.rows = [self.rows[place] for place in places.tolist()]
        self.alive_R, self.most_R = self.alive_R[places], self.most_R[places]
        self.written_RT, self.logp_RT = self.written_RT[places], self.logp_RT[places]
        self.held_R3 = self.held_R3[places]
        places = places.to(self.model.device)
        self.next_R, self.seen_RK = self.next_R[places], self.seen_RK[places]
        self.prompt_R = self.prompt_R[places]
        if self.sampling.temperature > 0:
            self.uniform_RT = self.uniform_RT[places]
        self.cache.reorder_cache(places)
        self.caching.select(places)

    def _feed(self) -> None:
        """Give the chosen tokens to the model, and the policy what its layers then hold."""
        self.seen_RK = torch.cat([self.seen_RK, self.seen_RK.new_ones(len(self.rows), 1)], 1)
        watch = Watch(self.caching, self.seen_RK)
        with attending(self.model, watch):
            output = self.model(
                input_ids=self.next_R[:, None],
                past_key_values=self.cache,
                use_cache=True,
                attention_mask=self.seen_RK.long() if self.padded else None,
                # A token keeps its place in the text, whatever has been dropped before it.
                position_ids=(self.prompt_R + self.steps - 1)[:, None],
            )
        self.logits_RV = output.logits[:, -1]
        held_R = self.seen_RK.sum(-1).double().cpu()
        self.held_R3[:, 0] = torch.maximum(self.held_R3[:, 0], held_R)
        self.held_R3[:, 1] += held_R
        self.held_R3[:, 2] += torch.stack(watch.reads).double().mean((0, 2)).cpu()
        self._keep()

    def _keep(self) -> None:
        """Let the policy drop what it will.

        Raises:
            LimbeckError: layers that hold different numbers of positions, or less than the prompt.
        """
        layers: list[Any] = list(self.cache.layers)
        for number, layer in enumerate(layers):
            kept = self.caching.keep(number, layer.keys, layer.values)
            if kept is not None:
                layer.keys, layer.values = kept
        widths = {int(layer.keys.shape[2]) for layer in layers}
        if len(widths) > 1 or min(widths) < self.width:
            name = type(self.caching).__name__
            raise LimbeckError(
                f"cache policy {name} leaves layers of {sorted(widths)} positions, a prompt of {self.width}"
            )
        # Behind the prompts no column is padding, so what is left is told by its width alone.
        self.seen_RK = self.seen_RK[:, : widths.pop()]
