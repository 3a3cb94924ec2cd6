"""The sampling loop: one prefill per prompt, a shared cache for its samples, finished rows leave the batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from limbeck.models.base import Sampling

COMPACT = 0.15
"""Share of finished rows at which they are taken out of the batch; copying the cache at every step costs more."""


class Uniforms:
    """One uniform number per token of each row, from a counter keyed by seed, prompt and sample number.

    So a sample does not depend on which other rows were in its batch, and a resumed run draws what it would have drawn.
    """

    def __init__(self, prompts: list[list[int]], copies: int, seed: int, chunk: int = 64) -> None:
        keys = [hashlib.blake2b(np.asarray(ids, dtype=np.int64).tobytes(), digest_size=8).digest() for ids in prompts]
        self.streams = [
            np.random.Generator(np.random.Philox(key=[seed & (2**64 - 1), int.from_bytes(key, "little") ^ sample]))
            for key in keys
            for sample in range(copies)
        ]
        self.chunk = chunk
        self.drawn = np.empty((len(self.streams), 0))

    def at(self, step: int, rows: Any) -> torch.Tensor:
        """Numbers in [0, 1) of these rows at this step."""
        while step >= self.drawn.shape[1]:
            fresh = np.stack([stream.random(self.chunk) for stream in self.streams])
            self.drawn = np.concatenate([self.drawn, fresh], axis=1)
        return torch.from_numpy(self.drawn[rows, step])


def choose(logits_RV: torch.Tensor, sampling: Sampling, uniform_R: torch.Tensor | None) -> torch.Tensor:
    """Next tokens: the likeliest at temperature 0, else by inverse CDF of the nucleus."""
    if uniform_R is None:
        return logits_RV.argmax(-1)
    probs_RV = torch.softmax(logits_RV.float() / sampling.temperature, -1)
    uniform_R1 = uniform_R.to(probs_RV.device, torch.float32)[:, None]
    if sampling.top_p >= 1:
        cdf_RV = probs_RV.cumsum(-1)
        return (cdf_RV < uniform_R1 * cdf_RV[:, -1:]).sum(-1).clamp(max=logits_RV.shape[-1] - 1)
    sorted_RV, index_RV = probs_RV.sort(-1, descending=True)
    # A token is in the nucleus when what is likelier than it does not yet reach top_p.
    sorted_RV = sorted_RV * (sorted_RV.cumsum(-1) - sorted_RV < sampling.top_p)
    cdf_RV = sorted_RV.cumsum(-1)
    place_R = (cdf_RV < uniform_R1 * cdf_RV[:, -1:]).sum(-1).clamp(max=logits_RV.shape[-1] - 1)
    return index_RV.gather(-1, place_R[:, None])[:, 0]


class Batch:
    """The rows still in the model: their cache, attention mask and next logits."""

    def __init__(self, model: Any, prompts: list[list[int]], copies: int) -> None:
        self.model = model
        device, self.width = model.device, max(map(len, prompts))
        ragged = any(len(ids) < self.width for ids in prompts)
        padded = [[0] * (self.width - len(ids)) + ids for ids in prompts]
        seen = [[0] * (self.width - len(ids)) + [1] * len(ids) for ids in prompts]
        # Without padding no mask is passed, so that attention takes its fast path.
        self.mask_RT = torch.tensor(seen, device=device) if ragged else None
        self.cache = DynamicCache(config=model.config)
        self.logits_RV = self._forward(torch.tensor(padded, device=device), self._positions())
        if copies > 1:
            self.cache.batch_repeat_interleave(copies)
            self.logits_RV = self.logits_RV.repeat_interleave(copies, 0)
            if self.mask_RT is not None:
                self.mask_RT = self.mask_RT.repeat_interleave(copies, 0)

    def _positions(self) -> Any:
        return None if self.mask_RT is None else (self.mask_RT.cumsum(-1) - 1).clamp(min=0)

    def _forward(self, ids_RT: torch.Tensor, positions_RT: Any) -> torch.Tensor:
        output = self.model(
            input_ids=ids_RT, attention_mask=self.mask_RT, position_ids=positions_RT,
            past_key_values=self.cache, use_cache=True, logits_to_keep=1,
        )  # fmt: skip
        return output.logits[:, -1]

    def advance(self, next_R: torch.Tensor) -> None:
        """Feed one token to every row."""
        positions_R1 = None
        if self.mask_RT is not None:
            self.mask_RT = torch.cat([self.mask_RT, self.mask_RT.new_ones(len(next_R), 1)], 1)
            positions_R1 = self.mask_RT.sum(-1, keepdim=True) - 1
        self.logits_RV = self._forward(next_R[:, None], positions_R1)

    def keep(self, places: torch.Tensor) -> None:
        """Take all other rows out."""
        places = places.to(self.model.device)
        self.cache.batch_select_indices(places)
        if self.mask_RT is not None:
            self.mask_RT = self.mask_RT[places]


@torch.inference_mode()
def sample(
    model: Any, prompts: list[list[int]], copies: int, sampling: Sampling, ends: set[int], stopped: Any = None
) -> Iterator[tuple[int, list[int], bool]]:
    """Continue each prompt ``copies`` times; yields (row, token ids without the end token, whether it ended by itself).

    Args:
        prompts: token ids. Row ``prompt * copies + sample`` is that sample of that prompt.
        ends: token ids that end a row.
        stopped: optionally says of a row's ids so far whether a stop string has been written.
    """
    batch = Batch(model, prompts, copies)
    uniforms = None if sampling.temperature == 0 else Uniforms(prompts, copies, sampling.seed)
    end_E = torch.tensor(sorted(ends))
    rows = torch.arange(len(prompts) * copies)
    alive = torch.ones(len(rows), dtype=torch.bool)
    written_RT = torch.zeros(len(rows), sampling.max_tokens, dtype=torch.long)
    for step in range(sampling.max_tokens):
        next_R = choose(batch.logits_RV, sampling, uniforms.at(step, rows.numpy()) if uniforms else None)
        next_host_R = next_R.cpu()
        written_RT[rows, step] = next_host_R
        ended = torch.isin(next_host_R, end_E) & alive
        for row in rows[ended].tolist():
            yield row, written_RT[row, :step].tolist(), True
        alive &= ~ended
        if stopped is not None:
            for place in alive.nonzero()[:, 0].tolist():
                ids = written_RT[rows[place], : step + 1].tolist()
                if stopped(ids):
                    yield int(rows[place]), ids, True
                    alive[place] = False
        left = int(alive.sum())
        if not left or step + 1 == sampling.max_tokens:
            break
        if left < (1 - COMPACT) * len(rows):
            places = alive.nonzero()[:, 0]
            batch.keep(places)
            rows, next_R, alive = rows[places], next_R[places.to(next_R.device)], alive[places]
        batch.advance(next_R)
    for row in rows[alive].tolist():
        yield row, written_RT[row].tolist(), False
