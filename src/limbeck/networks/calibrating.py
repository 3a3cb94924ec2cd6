"""What comes into a network's linear layers on given rows, and matrices changed to do least harm to it.

A block's layers are changed by what the blocks before it, changed already, hand on (GPTQ, arXiv 2210.17323;
SparseGPT, arXiv 2301.00774).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import torch
from torch import Tensor, nn

from limbeck.errors import LimbeckError
from limbeck.networks.batch import Item, Row, collate
from limbeck.networks.cutting import cut

Batches = Sequence[tuple[Tensor, Tensor]]
"""Token ids ``ids_BT``, padded on the right, and ``real_BT``, true where there is no padding."""
Change = Callable[[Tensor, Tensor], Tensor]
"""``(weight_OI, gram_II)`` to the new weight; the Gram matrix is that of the inputs, their mean product."""
TOKENS = 4096
"""Padded tokens read at a time."""


class _Enough(Exception):
    """The last block that is asked about has been read."""


def batches(rows: Sequence[Row]) -> Batches:
    """Rows as padded batches, those of similar length together."""
    made = []
    for part in cut([Item((row,)) for row in rows], TOKENS):
        ids_BT = collate(part).ids_BT
        lengths_B = torch.tensor([len(item.rows[0].ids) for item in part])
        made.append((ids_BT, torch.arange(ids_BT.shape[1]) < lengths_B[:, None]))
    return made


def at_random(rows: Sequence[Row], vocabulary: int, seed: int) -> list[Row]:
    """Rows of the same lengths with tokens drawn evenly, for whoever asks what the text matters."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for row in rows:
        ids = torch.randint(vocabulary, (len(row.ids),), generator=generator).numpy()
        made.append(Row(row.id, ids.astype(row.ids.dtype), row.start))
    return made


def blocks(model: Any) -> nn.ModuleList:
    """The network's blocks, in order: the longest list of modules in it.

    Raises:
        LimbeckError: there is none.
    """
    lists = [module for module in model.modules() if isinstance(module, nn.ModuleList)]
    if not lists:
        raise LimbeckError(f"models of type {model.config.model_type!r} have no list of blocks")
    return max(lists, key=len)


@torch.no_grad()
def calibrate(model: Any, rows: Batches, change: Change) -> int:
    """Change every linear layer of every block by what comes into it; returns how many weights."""
    changed = 0
    for block in blocks(model):
        for layer, gram_II in grams(model, block, rows):
            layer.weight.copy_(change(layer.weight, gram_II))
            changed += layer.weight.numel()
    return changed


@torch.no_grad()
def grams(model: Any, block: nn.Module, rows: Batches) -> Iterator[tuple[nn.Linear, Tensor]]:
    """Each linear layer of a block with ``E[x x']`` of its inputs over all tokens, in double precision."""
    linear = [layer for layer in block.modules() if isinstance(layer, nn.Linear)]
    sums = [torch.zeros(2 * (layer.in_features,), dtype=torch.float64) for layer in linear]
    count, real = 0, torch.zeros(0)

    def reader(at: int) -> Callable[..., None]:
        def read(_: nn.Module, given: tuple[Tensor, ...]) -> None:
            # A mixture's experts get some of the tokens, without padding told apart: all of them count.
            inputs = given[0]
            whole = inputs.shape[:-1] == real.shape
            x_ND = (inputs[real] if whole else inputs.flatten(0, -2)).double()
            sums[at] += (x_ND.T @ x_ND).cpu()

        return read

    def stop(*_: Any) -> None:
        raise _Enough

    with ExitStack() as hooks:
        for at, layer in enumerate(linear):
            hooks.enter_context(_hooked(layer.register_forward_pre_hook(reader(at))))
        hooks.enter_context(_hooked(block.register_forward_hook(stop)))
        for ids_BT, real_BT in rows:
            real = real_BT
            count += int(real_BT.sum())
            with suppress(_Enough):
                model(input_ids=ids_BT.to(model.device), use_cache=False)
    for layer, total in zip(linear, sums, strict=True):
        yield layer, total.to(layer.weight.device) / max(count, 1)


@torch.no_grad()
def influence(model: Any, rows: Batches) -> list[float]:
    """By how much each block turns what goes through it: 1 less the mean cosine of a token's states before
    and behind it (ShortGPT, arXiv 2403.03853)."""
    parts, count = torch.zeros(len(blocks(model)), dtype=torch.float64), 0

    def reader(at: int) -> Callable[..., None]:
        def read(_: nn.Module, given: tuple[Tensor, ...], output: Any) -> None:
            after = output[0] if isinstance(output, tuple) else output
            cosine_BT = torch.cosine_similarity(given[0].double(), after.double(), dim=-1)
            parts[at] += float((1 - cosine_BT)[real].sum())

        return read

    with ExitStack() as hooks:
        for at, block in enumerate(blocks(model)):
            hooks.enter_context(_hooked(block.register_forward_hook(reader(at))))
        for ids_BT, real_BT in rows:
            real = real_BT.to(model.device)
            count += int(real_BT.sum())
            model(input_ids=ids_BT.to(model.device), use_cache=False)
    return [float(each) for each in parts / max(count, 1)]


class _hooked:
    """A hook that is taken off at the end."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self.handle.remove()
