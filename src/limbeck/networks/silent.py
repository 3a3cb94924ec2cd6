"""Rows whose thought is not written: how a latent student reads them, and what a teacher's states say of
it.

A row is a prompt, a thought and an answer. What of a completion weighs nothing and comes before all that
weighs something is its thought (`curation/silent`). A latent student reads the row without it. Its prompt
ends with `MARK`, the place at which states take the thought's place; `students/places` gives a student
that token.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from limbeck.errors import LimbeckError
from limbeck.networks.batch import Batch

MARK = "<|latent|>"


def mark_of(model: Any, where: str) -> int:
    """The id of `MARK`.

    Raises:
        LimbeckError: the model has no place for thoughts.
    """
    known: int | None = getattr(model.config, "latent_id", None)
    if known is None:
        raise LimbeckError(
            f"{where}: the prompts of {model.config.name_or_path or 'this student'} end with no place for a "
            "thought; give it one with students/places"
        )
    return known


def blocks(model: Any) -> nn.ModuleList:
    """The layers of a model or of its body.

    Raises:
        LimbeckError: it has none under a name that is known.
    """
    body = model.base_model
    for name in ("layers", "h"):
        if isinstance(layers := getattr(body, name, None), nn.ModuleList):
            return layers
    raise LimbeckError(f"{type(body).__name__} has no list of layers that is known, and can hold no thought")


@dataclass(frozen=True)
class Silent:
    """A batch in which thoughts are found.

    Attributes:
        full: as it is.
        batch: as a latent student reads it: thoughts gone, with the tokens and weights of the rest.
        thought_BT: true on the thoughts' tokens of the full rows.
        start_B: the last position of the prompt in the full row.
        end_B: the last position of the thought, ``start_B`` where there is none.
    """

    full: Batch
    batch: Batch
    thought_BT: Tensor
    start_B: Tensor
    end_B: Tensor

    @classmethod
    def of(cls, batch: Batch) -> Silent:
        """Find the thoughts of a batch by its tokens' weights."""
        rows, width = batch.ids_BT.shape
        weight_BT = batch.token_weight_N.new_zeros(rows, width)
        weight_BT[batch.mask_BT] = batch.token_weight_N
        told_BT = (weight_BT > 0).cumsum(1) > 0
        thought_BT = batch.mask_BT & ~told_BT & told_BT[:, -1:]
        start_B = batch.mask_BT.int().argmax(1) - 1
        return cls(batch, _without(batch, thought_BT), thought_BT, start_B, start_B + thought_BT.sum(1))

    def must_think(self, where: str) -> Silent:
        """Itself.

        Raises:
            LimbeckError: no row has a thought.
        """
        if not self.thought_BT.any():
            raise LimbeckError(f"{where}: no trace has a thought that weighs nothing; see curation/silent")
        return self

    def diagonal(self, layers: tuple[Tensor, ...]) -> Tensor:
        """A state of each layer, ``[L, B, D]``, normed: the deeper the layer, the later in the thought.

        Implicit chain of thought (arXiv 2311.01460, section 3.1): what goes into layer ``l`` of ``L`` at
        position ``start + l (end - start) / (L - 1)``, rounded.

        Args:
            layers: what goes into each layer of the full rows, ``[B, T, D]``.
        """
        span = max(len(layers) - 1, 1)
        picked = []
        for index, hidden_BTD in enumerate(layers):
            at_B = self.start_B + (index * (self.end_B - self.start_B) / span).round().long()
            state_BD = hidden_BTD[torch.arange(len(at_B), device=at_B.device), at_B]
            picked.append(functional.layer_norm(state_BD.float(), state_BD.shape[-1:]))
        return torch.stack(picked)


def _without(batch: Batch, gone_BT: Tensor) -> Batch:
    """A batch without some of its completions' tokens."""
    width = batch.ids_BT.shape[1]
    kept_N = ~gone_BT[batch.mask_BT]
    # Stable: what is kept stays in order and moves to the left, what is gone lies behind it.
    order_BT = gone_BT.int().argsort(dim=1, stable=True)
    longest = width - int(gone_BT.sum(1).min())
    place_BT = (~gone_BT).cumsum(1) - 1
    mask_BT = (batch.mask_BT & ~gone_BT).gather(1, order_BT)[:, :longest]
    row_N = batch.row_N[kept_N]
    before_N = place_BT[batch.mask_BT][kept_N] - 1
    weight_N = batch.token_weight_N[kept_N]
    return replace(
        batch,
        ids_BT=batch.ids_BT.gather(1, order_BT)[:, :longest],
        mask_BT=mask_BT,
        index_N=row_N * longest + before_N,
        target_N=batch.target_N[kept_N],
        row_N=row_N,
        token_weight_N=weight_N,
        count_B=torch.zeros_like(batch.count_B).index_add(0, row_N, weight_N),
        columns={name: values[kept_N] for name, values in batch.columns.items()},
    )
