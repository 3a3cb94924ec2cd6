"""A cache cut into blocks of positions, and which blocks a query's heads read."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Blocks:
    """Which block each column is in. A row's positions begin behind its padding, so rows differ in where
    their blocks begin; ``M`` counts the blocks of the longest row.

    Attributes:
        size: positions in a block.
        seen_RK: columns that are not padding.
    """

    size: int
    seen_RK: Tensor

    @property
    def pad_R(self) -> Tensor:
        """Columns of padding."""
        return self.seen_RK.shape[1] - self.seen_RK.sum(-1)

    @property
    def own_R(self) -> Tensor:
        """The block of the last column, counted from 0."""
        return (self.seen_RK.sum(-1) - 1) // self.size

    @property
    def count(self) -> int:
        """M."""
        return int(self.own_R.max()) + 1

    @property
    def of_RK(self) -> Tensor:
        """The block of each column; padding is in block 0 and never read."""
        columns_K = torch.arange(self.seen_RK.shape[1], device=self.seen_RK.device)
        return ((columns_K - self.pad_R[:, None]) // self.size).clamp(min=0)

    def largest(self, weight_RHK: Tensor) -> Tensor:
        """``[R, H, M]``: the largest weight in each block."""
        index_RHK = self.of_RK[:, None].expand_as(weight_RHK)
        empty = weight_RHK.new_zeros(*weight_RHK.shape[:2], self.count)
        return empty.scatter_reduce(2, index_RHK, weight_RHK, "amax", include_self=False)

    def mean(self, key_RGKD: Tensor) -> Tensor:
        """``[R, G, M, D]``: the mean of each block's keys."""
        weight_RK = self.seen_RK.to(key_RGKD.dtype)
        index_RGKD = self.of_RK[:, None, :, None].expand_as(key_RGKD)
        empty = key_RGKD.new_zeros(*key_RGKD.shape[:2], self.count, key_RGKD.shape[3])
        total = empty.scatter_add(2, index_RGKD, key_RGKD * weight_RK[:, None, :, None])
        number_RM = weight_RK.new_zeros(len(weight_RK), self.count).scatter_add(1, self.of_RK, weight_RK)
        return total / number_RM.clamp(min=1)[:, None, :, None]

    def columns(self, number_R: Tensor) -> Tensor:
        """``[R, size]``: the columns of one block of each row."""
        first_R = self.pad_R + number_R * self.size
        return first_R[:, None] + torch.arange(self.size, device=first_R.device)

    def best(self, score_RGM: Tensor, most_R: Tensor, least: float = -torch.inf) -> Tensor:
        """``[R, G, M]``: each row's own block and, of those behind it, so many of the highest that it is
        ``most_R`` blocks in all, those below ``least`` left out."""
        number_M = torch.arange(score_RGM.shape[2], device=score_RGM.device)
        past_RGM = (number_M < self.own_R[:, None])[:, None].expand_as(score_RGM)
        order_RGM = score_RGM.masked_fill(~past_RGM, -torch.inf).argsort(dim=-1, descending=True, stable=True)
        rank_RGM = order_RGM.argsort(dim=-1)
        chosen_RGM = past_RGM & (rank_RGM < most_R[:, None, None] - 1) & (score_RGM >= least)
        return chosen_RGM | (number_M == self.own_R[:, None])[:, None]

    def spread(self, chosen_RGM: Tensor) -> Tensor:
        """``[R, G, K]``: the columns of the chosen blocks."""
        return chosen_RGM.gather(2, self.of_RK[:, None].expand(-1, chosen_RGM.shape[1], -1))
