"""Log-probabilities of given text: texts of like length are padded on the right, where causal attention never
looks, and read in stretches, so that neither cache nor logits outgrow their limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from limbeck.errors import LimbeckError
from limbeck.models._queue import logits_at_once
from limbeck.models.sampler import check
from limbeck.networks import states
from limbeck.networks.ways import way_of


@dataclass
class Read:
    """What a model makes of a text's tokens, from the second one on: the log-probability of each, and of its
    likeliest alternatives by their ids, the likeliest first (None where none were asked for)."""

    logps: list[float]
    tops: list[list[tuple[int, float]]] | None


@torch.inference_mode()
def read(model: Any, texts: Sequence[list[int]], tokens: int, top: int = 0) -> list[Read]:
    """Every text, with ``top`` alternatives to each token.

    Args:
        tokens: the most that the cache may hold, over all texts.

    Raises:
        LimbeckError: the model does not read from left to right.
    """
    check(model)
    if not getattr(way_of(model), "causal", True):
        raise LimbeckError("a masked diffusion model gives no log-probabilities of a text token by token")
    done = [Read([], [] if top else None) for _ in texts]
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    vocabulary = model.get_output_embeddings().weight.shape[0]
    while order:
        width = len(texts[order[-1]])
        count = max(1, min(len(order), tokens // max(1, width), logits_at_once(model) // vocabulary))
        batch, order = order[-count:], order[:-count]
        padded = [texts[index] + [0] * (width - len(texts[index])) for index in batch]
        ids_RT = torch.tensor(padded, device=model.device)
        for start, logp_RTV in _stretches(
            model, ids_RT, max(1, logits_at_once(model) // (vocabulary * count))
        ):
            stop = start + logp_RTV.shape[1]
            logp_RT = logp_RTV.gather(-1, ids_RT[:, start + 1 : stop + 1, None])[..., 0].cpu()
            best_RTK, ids_RTK = logp_RTV.topk(min(top, vocabulary))
            for row, index in enumerate(batch):
                here = max(0, min(stop, len(texts[index]) - 1) - start)
                done[index].logps += logp_RT[row, :here].tolist()
                if (tops := done[index].tops) is not None:
                    pairs = zip(ids_RTK[row, :here].tolist(), best_RTK[row, :here].tolist(), strict=True)
                    tops += [list(zip(*pair, strict=True)) for pair in pairs]
    return done


def _stretches(model: Any, ids_RT: torch.Tensor, most: int) -> Iterator[tuple[int, torch.Tensor]]:
    """Where each stretch begins, and the log-probabilities of what may follow its tokens."""
    memory, last = {states.name_of(model): states.empty(model)}, ids_RT.shape[1] - 1
    for start in range(0, last, most):
        ids = ids_RT[:, start : min(start + most, last)]
        yield (
            start,
            model(input_ids=ids, use_cache=True, **memory).logits.float().log_softmax(-1),
        )


def score(model: Any, pairs: Sequence[tuple[list[int], list[int]]], tokens: int) -> list[list[float]]:
    """Log-probability of each completion token, for pairs of prompt and completion."""
    texts = read(model, [prompt + completion for prompt, completion in pairs], tokens)
    return [text.logps[len(prompt) - 1 :] for text, (prompt, _) in zip(texts, pairs, strict=True)]
