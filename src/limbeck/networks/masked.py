"""Masked diffusion: a network that sees both ways and fills in what is hidden (LLaDA, arXiv 2502.09992; d1,
arXiv 2504.12216).

An answer is a region of fixed length behind the prompt, filled up with end tokens. In training a share of it,
drawn for each row, is hidden; in sampling all of it is, and is revealed block by block, the surest tokens of
a block first.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from limbeck.networks import ways

if TYPE_CHECKING:
    from limbeck.networks.batch import Batch
    from limbeck.networks.policy import Network, Policy

LEAST = 1e-3
"""The smallest share that is hidden: a row's loss is divided by it (d1's and LLaDA's epsilon)."""
READING = "reading"
"""Columns of a rollout's rows, ``reading0``, ``reading1``, …: log-probabilities when it was sampled, each
read with another part of the prompt hidden."""


@dataclass(frozen=True)
class Region:
    """Rows with their answers filled up to one length. ``answer_BT`` is where these stand, ``written_BT``
    where the row's own tokens are, ``real_BT`` prompt and answer."""

    ids_BT: Tensor
    answer_BT: Tensor
    written_BT: Tensor
    real_BT: Tensor

    @classmethod
    def of(cls, ids_BT: Tensor, mask_BT: Tensor, length: int, end: int) -> Region:
        """From a batch's ids and where its completions are; a longer completion stays as long as it is."""
        start_B, count_B = mask_BT.int().argmax(1), mask_BT.sum(1)
        stop_B = start_B + count_B.clamp(min=length)
        place_T = torch.arange(max(int(stop_B.max()), ids_BT.shape[1]), device=ids_BT.device)
        behind_BT = place_T >= start_B[:, None]
        real_BT = place_T < stop_B[:, None]
        written_BT = behind_BT & (place_T < (start_B + count_B)[:, None])
        wide_BT = nn.functional.pad(ids_BT, (0, len(place_T) - ids_BT.shape[1]), value=end)
        answer_BT = behind_BT & real_BT
        return cls(wide_BT.masked_fill(answer_BT & ~written_BT, end), answer_BT, written_BT, real_BT)


class Masked(ways.Way):
    """Attention in both directions, a vector in the place of what is hidden, and how both are used.

    Args:
        width: of the network's states.
        end: the token that ends an answer and fills it up.
        length: of an answer, in tokens.
        block: how many of its tokens are revealed before the next ones, a divisor of ``length``.
        reveal: tokens of a block that a step reveals.
        prompt: share of the prompt that a reading of a rollout hides.
    """

    kind = "masked"
    causal = False

    def __init__(
        self, width: int, end: int, length: int = 64, block: int = 16, reveal: int = 1, prompt: float = 0.15
    ) -> None:
        super().__init__(width=width, end=end, length=length, block=block, reveal=reveal, prompt=prompt)
        self.hidden_D = nn.Parameter(torch.randn(width, generator=torch.Generator().manual_seed(0)) * 0.02)
        self.end, self.length, self.block, self.reveal, self.prompt = end, length, block, reveal, prompt
        self.hides_BT: Tensor | None = None
        self.real_BT: Tensor | None = None
        self.reading: int | None = None

    def join(self, model: Any) -> None:
        """Attention sees what is real, before and behind; hidden tokens are read as one vector."""
        model.base_model.register_forward_pre_hook(self.see, with_kwargs=True)
        model.get_input_embeddings().register_forward_hook(self.hide)

    def see(self, body: Any, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """A mask ``[B, 1, T, T]`` in place of the causal one."""
        ids_BT = named["input_ids"] if "input_ids" in named else given[0]
        real_BT = self.real_BT
        if real_BT is None:
            asked = named.get("attention_mask")
            real_BT = torch.ones_like(ids_BT, dtype=torch.bool) if asked is None else asked.bool()
        mask = torch.zeros(real_BT.shape, dtype=self.hidden_D.dtype, device=ids_BT.device)
        mask = mask.masked_fill(~real_BT, torch.finfo(mask.dtype).min)[:, None, None]
        size = ids_BT.shape[1]
        return given, {**named, "attention_mask": mask.expand(-1, 1, size, size)}

    def hide(self, _: nn.Module, given: tuple[Any, ...], embedded_BTD: Tensor) -> Tensor:
        """Embeddings with the hidden ones replaced."""
        if self.hides_BT is None:
            return embedded_BTD
        return torch.where(self.hides_BT[..., None], self.hidden_D.to(embedded_BTD.dtype), embedded_BTD)

    @contextmanager
    def hiding(self, hides_BT: Tensor, real_BT: Tensor) -> Iterator[None]:
        """What the next forward pass does not see, and what of it is no padding."""
        self.hides_BT, self.real_BT = hides_BT, real_BT
        try:
            yield
        finally:
            self.hides_BT = self.real_BT = None

    @contextmanager
    def read_as(self, reading: int) -> Iterator[None]:
        """Read what comes with one part of the prompt hidden: a reading's places are the same at any time."""
        self.reading = reading
        try:
            yield
        finally:
            self.reading = None

    def policy(self, module: Any, plain: Network, batch: Batch) -> Policy:
        """In training a random share of each answer is hidden, or, of rollouts that bear readings, all of it
        as one of these has it; elsewhere all of it."""
        names = sorted(name for name in batch.columns if name.startswith(READING))
        if not names and module.training:
            return self._drawn(module, plain, batch)
        reading = self.reading
        if names and reading is None:
            reading = int(torch.randint(len(names), ()))
            batch = replace(batch, columns={**batch.columns, "logp": batch.columns[f"{READING}{reading}"]})
        return self._at_once(module, plain, batch, reading)

    def _drawn(self, module: Any, plain: Network, batch: Batch) -> Policy:
        """Each row hides a share t of its answer, from 0.001 to 1; a hidden token weighs 1 / t, and a row
        counts as many as its answer has, so that ``sft`` is LLaDA's bound (d1, section 3.1)."""
        region = Region.of(batch.ids_BT, batch.mask_BT, self.length, self.end)
        device = batch.ids_BT.device
        t_B = (1 - LEAST) * torch.rand(len(batch.ids), device=device) + LEAST
        hides_BT = region.answer_BT & (torch.rand(region.ids_BT.shape, device=device) < t_B[:, None])
        row_N, column_N = region.answer_BT.nonzero(as_tuple=True)
        weight_N = hides_BT[row_N, column_N] / t_B[row_N]
        wide = replace(
            batch,
            ids_BT=region.ids_BT,
            mask_BT=region.answer_BT,
            index_N=row_N * region.ids_BT.shape[1] + column_N,
            target_N=region.ids_BT[row_N, column_N],
            row_N=row_N,
            token_weight_N=weight_N,
            count_B=region.answer_BT.sum(1).to(weight_N.dtype),
            columns={},
        )
        return self._read(module, plain, wide, region, hides_BT)

    def _at_once(self, module: Any, plain: Network, batch: Batch, reading: int | None) -> Policy:
        """Each token's log-probability with the whole answer hidden: one pass, as if its tokens did not
        depend on each other (d1, section 3.2)."""
        region = Region.of(batch.ids_BT, batch.mask_BT, self.length, self.end)
        hides_BT = region.answer_BT
        if reading is not None and self.prompt:
            generator = torch.Generator().manual_seed(reading)
            drawn_T = torch.rand(region.ids_BT.shape[1], generator=generator).to(hides_BT.device)
            hides_BT = hides_BT | (region.real_BT & ~region.answer_BT & (drawn_T < self.prompt))
        row_N, column_N = region.written_BT.nonzero(as_tuple=True)
        wide = replace(
            batch,
            ids_BT=region.ids_BT,
            mask_BT=region.written_BT,
            index_N=row_N * region.ids_BT.shape[1] + column_N,
        )
        return self._read(module, plain, wide, region, hides_BT)

    def _read(self, module: Any, plain: Network, batch: Batch, region: Region, hides_BT: Tensor) -> Policy:
        from limbeck.networks.policy import plainly

        with self.hiding(hides_BT, region.real_BT):
            return plainly(module, plain, batch)

    def sample(self, model: Any, rows: list[Any], sampling: Any, limits: Any) -> Iterator[list[Any]]:
        """Answers of the region's length, cut at their first end token."""
        from limbeck.networks.denoising import denoised

        return denoised(self, model, rows, sampling, limits)
