"""Sampling of a masked diffusion network: block after block, a block's surest tokens first.

A row's random numbers are its own, told by the seed, its prompt and its number: no sample depends on its
batch. Low-confidence remasking (LLaDA, arXiv 2502.09992): of all tokens that a step predicts, those it is
least sure of stay hidden.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from limbeck.errors import LimbeckError

if TYPE_CHECKING:
    from limbeck.networks.masked import Masked


@torch.inference_mode()
def denoised(way: Masked, model: Any, rows: list[Any], sampling: Any, limits: Any) -> Iterator[list[Any]]:
    """Fill in rows, as many at a time as the token budget holds; yields them as their batches end.

    Raises:
        LimbeckError: a stop string is asked for, which an answer that is written all over has no end before.
    """
    if limits.stopped is not None:
        raise LimbeckError("a masked diffusion model writes its answer all over and knows no stop strings")
    waiting = sorted(rows, key=lambda row: len(row.prompt))
    while waiting:
        widest = [len(row.prompt) + way.length for row in waiting]
        # Sorted, so the last of a batch is its widest row.
        fit = sum(1 for at, width in enumerate(widest) if width * (at + 1) <= limits.tokens)
        part, waiting = waiting[: max(1, fit)], waiting[max(1, fit) :]
        _fill(way, model, part, sampling, limits.ends.tolist())
        yield part


def _fill(way: Masked, model: Any, rows: list[Any], sampling: Any, ends: list[int]) -> None:
    """Write the answers of rows; their ``ids`` end with the first end token."""
    device, length = model.device, way.length
    size = max(len(row.prompt) for row in rows) + length
    start_R = torch.tensor([len(row.prompt) for row in rows], device=device)
    place_T = torch.arange(size, device=device)
    real_RT = place_T < start_R[:, None] + length
    hides_RT = real_RT & (place_T >= start_R[:, None])
    padded = [row.prompt + [way.end] * (size - len(row.prompt)) for row in rows]
    ids_RT = torch.tensor(padded, device=device)
    logp_RT = torch.zeros(ids_RT.shape, device=device)
    generators = [torch.Generator().manual_seed(_seed(row, sampling.seed)) for row in rows]
    for first in range(0, length, way.block):
        at_RC = start_R[:, None] + torch.arange(first, min(first + way.block, length), device=device)
        while bool(hides_RT.gather(1, at_RC).any()):
            with way.hiding(hides_RT, real_RT):
                logits = model(input_ids=ids_RT, use_cache=False).logits
            logits_RCV = logits.gather(1, at_RC[..., None].expand(-1, -1, logits.shape[-1])).float()
            numbers_RC = _numbers(generators, at_RC.shape[1]).to(device) if sampling.temperature > 0 else None
            token_RC, told_RC = chosen(logits_RCV, sampling.temperature, sampling.top_p, numbers_RC)
            hidden_RC = hides_RT.gather(1, at_RC)
            sure_RC = told_RC.masked_fill(~hidden_RC, -torch.inf)
            reveal_RK = sure_RC.topk(min(way.reveal, at_RC.shape[1]), dim=1).indices
            shown_RC = torch.zeros_like(hidden_RC).scatter(1, reveal_RK, True) & hidden_RC
            for table, values in ((ids_RT, token_RC), (logp_RT, told_RC)):
                table.scatter_(1, at_RC, torch.where(shown_RC, values, table.gather(1, at_RC)))
            hides_RT.scatter_(1, at_RC, hidden_RC & ~shown_RC)
    for place, row in enumerate(rows):
        begin = len(row.prompt)
        answer = ids_RT[place, begin : begin + length].tolist()
        row.ids, row.ended = cut(answer, ends, row.most)
        row.logps = logp_RT[place, begin : begin + len(row.ids)].tolist()


def chosen(
    logits_RCV: Tensor, temperature: float, top_p: float, numbers_RC: Tensor | None
) -> tuple[Tensor, Tensor]:
    """A token for each place and its log-probability at temperature 1, which is how sure the network is.

    Args:
        numbers_RC: evenly drawn in [0, 1), or None for the likeliest tokens.
    """
    logp_RCV = logits_RCV.log_softmax(-1)
    if numbers_RC is None:
        token_RC = logits_RCV.argmax(-1)
    else:
        probs_RCV, index_RCV = (logits_RCV / temperature).softmax(-1).sort(-1, descending=True)
        before_RCV = probs_RCV.cumsum(-1) - probs_RCV
        cdf_RCV = probs_RCV.masked_fill(before_RCV >= top_p, 0).cumsum(-1)
        target_RC1 = numbers_RC[..., None] * cdf_RCV[..., -1:]
        place_RC1 = (cdf_RCV <= target_RC1).sum(-1, keepdim=True).clamp(max=cdf_RCV.shape[-1] - 1)
        token_RC = index_RCV.gather(-1, place_RC1)[..., 0]
    return token_RC, logp_RCV.gather(-1, token_RC[..., None])[..., 0]


def cut(ids: list[int], ends: list[int], most: int) -> tuple[list[int], bool]:
    """What stands up to the first end token, and whether there is one, within the most tokens."""
    for at, token in enumerate(ids[:most]):
        if token in ends:
            return ids[: at + 1], True
    return ids[:most], False


def _numbers(generators: list[torch.Generator], count: int) -> Tensor:
    return torch.stack([torch.rand(count, generator=each) for each in generators])


def _seed(row: Any, seed: int) -> int:
    text = f"{seed}/{row.number}/{row.prompt}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "little")
