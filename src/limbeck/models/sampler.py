"""The sampling loop: one prefill per prompt, a shared cache for its samples, finished rows leave the batch.

A batch that outgrows its token budget, or that has only stragglers left, gives rows back: what they have
written joins their prompt, and they go on in a later batch. Every row has random numbers of its own, so it
writes the same wherever it goes on.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache

from limbeck.errors import LimbeckError
from limbeck.generation import Sampling
from limbeck.models._draw import choose, digest, uniforms

COMPACT = 0.15
"""Share of finished rows at which they are taken out of the batch; copying the cache at every step costs
more."""

STRAGGLERS = 0.15
"""Share of a batch below which the rows left wait for company: a step costs nearly as much for few rows as
for many."""

LOGITS = 2**25
"""Logits computed at once, rows times vocabulary: 128 MiB in float32."""

BLOCK = 64
"""Steps for which random numbers and room for tokens are made at a time."""


@dataclass(slots=True, eq=False)
class Row:
    """Sample ``number`` of prompt ``index``: the tokens it has written and whether it ended by itself."""

    prompt: list[int]
    index: int
    number: int
    most: int
    ids: list[int] = field(default_factory=list)
    logps: list[float] = field(default_factory=list)
    ended: bool = False

    @property
    def width(self) -> int:
        """Tokens it holds in the cache."""
        return len(self.prompt) + len(self.ids)


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
    """Raise for an architecture that keeps its state elsewhere (Mamba) and would here forget all it has read.

    Raises:
        LimbeckError: naming the architecture.
    """
    # An adapter's wrapper takes any argument and hands it on.
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    if "past_key_values" not in inspect.signature(inner.forward).parameters:
        kind = model.config.model_type
        raise LimbeckError(
            f"models of type {kind!r} have no key-value cache to sample with; use models/vllm or openai"
        )


class Batch:
    """The rows in the model: their cache, what they have written here, and their next logits."""

    def __init__(self, model: Any, rows: list[Row], sampling: Sampling) -> None:
        self.model, self.rows, self.sampling, self.steps = model, rows, sampling, 0
        self.alive_R = torch.ones(len(rows), dtype=torch.bool)
        self.left_R = torch.tensor([row.most - len(row.ids) for row in rows])
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
        self.cache = DynamicCache(config=model.config)
        self.mask_RT: torch.Tensor | None = None
        if any(len(ids) < self.width for ids in starts):
            seen = [[0] * (self.width - len(ids)) + [1] * len(ids) for ids in starts]
            self.mask_RT = torch.tensor(seen, device=model.device)
        padded = [[0] * (self.width - len(ids)) + ids for ids in starts]
        self.logits_RV = self._forward(torch.tensor(padded, device=model.device))
        if len(starts) < len(rows):
            self._copy(torch.tensor(places, device=model.device))

    def _forward(self, ids_RT: torch.Tensor) -> torch.Tensor:
        more = {}
        # Without padding no mask is passed, so that attention takes its fast path.
        if self.mask_RT is not None:
            more["attention_mask"] = self.mask_RT
            more["position_ids"] = (self.mask_RT.cumsum(-1) - 1).clamp(min=0)[:, -ids_RT.shape[1] :]
        output = self.model(
            input_ids=ids_RT, past_key_values=self.cache, use_cache=True, logits_to_keep=1, **more
        )
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
            keys = [(digest(row.prompt), row.number, len(row.ids) + self.steps) for row in self.rows]
            self.uniform_RT = uniforms(keys, self.sampling.seed, BLOCK).to(self.model.device)
        if self.steps:
            self.written_RT = torch.cat(
                [self.written_RT, self.written_RT.new_zeros(len(self.rows), BLOCK)], 1
            )
            self.logp_RT = torch.cat([self.logp_RT, self.logp_RT.new_zeros(len(self.rows), BLOCK)], 1)

    def step(self) -> torch.Tensor:
        """Choose and note a token for every row; returns them on the CPU."""
        column = self.steps % BLOCK
        if column == 0:
            self._room()
        uniform_R = self.uniform_RT[:, column] if self.sampling.temperature > 0 else None
        self.next_R = choose(self.logits_RV, self.sampling, uniform_R)
        if self.sampling.logprobs:
            logp_RV = self.logits_RV.float().log_softmax(-1)
            self.logp_RT[:, self.steps] = logp_RV.gather(-1, self.next_R[:, None])[:, 0].cpu()
        next_R = self.next_R.cpu()
        self.written_RT[:, self.steps] = next_R
        self.steps += 1
        return next_R

    def stopped(self, limits: Limits) -> torch.Tensor:
        """Which rows have just written a stop string."""
        assert limits.stopped is not None
        recent = self.written_RT[:, max(0, self.steps - limits.reach) : self.steps].tolist()
        tails = [
            [*row.ids[-limits.reach :], *ids][-limits.reach :]
            for row, ids in zip(self.rows, recent, strict=True)
        ]
        return torch.tensor(limits.stopped(tails))

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
            row.ids += self.written_RT[place, : self.steps].tolist()
            if self.sampling.logprobs:
                row.logps += self.logp_RT[place, : self.steps].tolist()
            row.ended = ended_R is not None and bool(ended_R[place])
            taken.append(row)
        self.alive_R &= ~chosen_R
        return taken

    def compact(self) -> None:
        """Take out the rows that no longer count."""
        places = self.alive_R.nonzero()[:, 0]
        self.rows = [self.rows[place] for place in places.tolist()]
        self.alive_R, self.left_R = self.alive_R[places], self.left_R[places]
        self.written_RT, self.logp_RT = self.written_RT[places], self.logp_RT[places]
        places = places.to(self.model.device)
        self.next_R = self.next_R[places]
        if self.sampling.temperature > 0:
            self.uniform_RT = self.uniform_RT[places]
        self._copy(places)


class Queue:
    """Rows that wait, the widest last; stragglers wait until all others have begun."""

    def __init__(self, rows: list[Row], budget: int, most: int) -> None:
        self.rows = sorted(rows, key=lambda row: (row.width, row.index, row.number))
        self.later: list[Row] = []
        self.budget, self.most = budget, most
        self.finished, self.written = 1, 2 * BLOCK

    def __len__(self) -> int:
        return len(self.rows) + len(self.later)

    def batch(self) -> list[Row]:
        """Rows of about one width, as many as fit if they write as much as others did."""
        if not self.rows:
            self.rows, self.later = sorted(self.later, key=lambda row: row.width), []
        widest = self.rows[-1]
        expected = min(self.written // self.finished, widest.most)
        count = min(len(self.rows), self.most, max(1, self.budget // (widest.width + expected)))
        rows = self.rows[-count:]
        del self.rows[-count:]
        return rows

    def done(self, rows: list[Row]) -> list[Row]:
        """Learn from finished rows how much to expect."""
        self.finished += len(rows)
        self.written += sum(len(row.ids) for row in rows)
        return rows


@torch.inference_mode()
def sample(model: Any, rows: list[Row], sampling: Sampling, limits: Limits) -> Iterator[list[Row]]:
    """Continue rows until an end token, a stop string or their ``most`` tokens; yields lists of finished
    ones.

    A row's ``ids`` include the end token; one that was cut off is not ``ended``.
    """
    check(model)
    queue = Queue(rows, limits.tokens, max(1, LOGITS // model.get_output_embeddings().weight.shape[0]))
    while queue:
        batch = Batch(model, queue.batch(), sampling)
        begun = len(batch.rows)
        while True:
            ended_R = torch.isin(batch.step(), limits.ends)
            if limits.stopped is not None:
                ended_R |= batch.stopped(limits)
            over_R = batch.alive_R & (ended_R | (batch.left_R <= batch.steps))
            if over_R.any():
                yield queue.done(batch.take(over_R, ended_R))
            count = int(batch.alive_R.sum())
            if count < STRAGGLERS * begun and queue:
                queue.later += batch.take(batch.alive_R.clone())
                break
            if not count:
                break
            if count > 1 and count * (batch.width + 1) > limits.tokens:
                second_half_R = batch.alive_R & (batch.alive_R.cumsum(0) > (count + 1) // 2)
                queue.later += batch.take(second_half_R)
                batch.compact()
            elif count < (1 - COMPACT) * len(batch.rows):
                batch.compact()
            batch.advance()


@torch.inference_mode()
def score(model: Any, pairs: list[tuple[list[int], list[int]]], tokens: int) -> list[list[float]]:
    """Log-probability of each completion token, for pairs of prompt and completion.

    Texts of like length are padded on the right, where causal attention never looks, and read in stretches,
    so that neither cache nor logits outgrow their limits.
    """
    check(model)
    scores: list[list[float]] = [[] for _ in pairs]
    order = sorted(range(len(pairs)), key=lambda index: sum(map(len, pairs[index])))
    vocabulary = model.get_output_embeddings().weight.shape[0]
    while order:
        width = sum(map(len, pairs[order[-1]]))
        count = max(1, min(len(order), tokens // max(1, width), LOGITS // vocabulary))
        batch, order = order[-count:], order[:-count]
        whole = [pairs[index][0] + pairs[index][1] for index in batch]
        ids_RT = torch.tensor([ids + [0] * (width - len(ids)) for ids in whole], device=model.device)
        cache, parts = DynamicCache(config=model.config), []
        stretch = max(1, LOGITS // (vocabulary * count))
        for start in range(0, width - 1, stretch):
            stop = min(start + stretch, width - 1)
            output = model(input_ids=ids_RT[:, start:stop], past_key_values=cache, use_cache=True)
            logp_RTV = output.logits.float().log_softmax(-1)
            parts.append(logp_RTV.gather(-1, ids_RT[:, start + 1 : stop + 1, None])[..., 0].cpu())
        for index, logp_T in zip(batch, torch.cat(parts, 1) if parts else [], strict=False):
            prompt, completion = map(len, pairs[index])
            scores[index] = logp_T[prompt - 1 : prompt - 1 + completion].tolist()
    return scores
