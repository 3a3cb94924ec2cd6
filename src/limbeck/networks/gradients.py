"""Gradients of single rows, projected at random to a few numbers."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from limbeck.errors import LimbeckError, nearest
from limbeck.networks.batch import Item, Row, collate
from limbeck.networks.cutting import cut
from limbeck.networks.policy import Network, Policy


@dataclass
class Sketch:
    """A random projection of all weights' gradients to ``size`` numbers, without a matrix.

    Each weight is added to one of the numbers with a random sign (Charikar's count sketch). Inner products
    come out right in expectation, as they do with a dense matrix of signs, and their variance is of the same
    order, for one addition a weight in place of ``size``.

    Attributes:
        seed: what is to be compared must share it.
    """

    size: int
    seed: int = 0
    places: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def add(self, name: str, gradient: Tensor, into_D: Tensor) -> None:
        """Add a tensor's part; where it goes depends on its name and the seed alone."""
        flat = gradient.reshape(-1).float()
        if name not in self.places:
            draw = torch.Generator().manual_seed(zlib.crc32(f"{self.seed}/{name}".encode()))
            where = torch.randint(self.size, (len(flat),), generator=draw, dtype=torch.int32)
            signs = torch.randint(2, (len(flat),), generator=draw, dtype=torch.int8) * 2 - 1
            self.places[name] = (where.to(flat.device), signs.to(flat.device))
        where, signs = self.places[name]
        into_D.index_add_(0, where, flat * signs)


def gradients(network: Network, rows: Sequence[Row], sketch: Sketch, only: str = "") -> Iterator[Tensor]:
    """The projected gradient ``[D]`` of each row's mean loss over its trained tokens, in order.

    Without dropout; the network's weights stay as they are.

    Args:
        only: gradients of weights with this in their names alone.

    Raises:
        LimbeckError: no weight has it.
    """
    weights = {name: each for name, each in network.named_parameters() if only in name}
    if not weights:
        names = {name for name, _ in network.named_parameters()}
        raise LimbeckError(f"no weight has {only!r} in its name{nearest(only, names)}")
    where = next(iter(weights.values())).device
    network.eval()
    network.requires_grad_(False)
    for weight in weights.values():
        weight.requires_grad_(True)
    try:
        for row in rows:
            network.zero_grad(set_to_none=True)
            batch = collate([Item((Row(row.id, row.ids, row.start),))]).to(where)
            hidden_ND, layers = network(batch.ids_BT, batch.index_N)
            Policy(batch, network.head(hidden_ND), layers=layers).mean_B[0].neg().backward()
            projected_D = torch.zeros(sketch.size, device=where)
            for name, weight in weights.items():
                if weight.grad is not None:
                    sketch.add(name, weight.grad, projected_D)
            yield projected_D.cpu()
    finally:
        network.zero_grad(set_to_none=True)
        network.requires_grad_(False)


def mean_gradient(network: Network, rows: Sequence[Row], max_tokens: int = 4096) -> dict[str, Tensor]:
    """The gradient of the mean over rows of each row's mean loss per trained token, by the model's own names.

    Without dropout. How rows are cut into pieces of ``max_tokens`` padded tokens changes rounding alone.
    """
    weights = dict(network.model.named_parameters())
    where = next(iter(weights.values())).device
    network.eval()
    network.requires_grad_(True)
    network.zero_grad(set_to_none=True)
    bare = [Item((Row(row.id, row.ids, row.start),)) for row in rows]
    try:
        for part in cut(bare, max_tokens) if bare else []:
            batch = collate(part).to(where)
            hidden_ND, layers = network(batch.ids_BT, batch.index_N)
            loss = Policy(batch, network.head(hidden_ND), layers=layers).mean_B.neg().sum() / len(rows)
            loss.backward()
        return {name: each.grad.detach().clone() for name, each in weights.items() if each.grad is not None}
    finally:
        network.zero_grad(set_to_none=True)
        network.requires_grad_(False)
