"""Tokens guessed ahead, which a network then reads all at once: who guesses, and who reads.

Speculative decoding (Leviathan et al., arXiv 2211.17192): what a cheap drafter guesses is kept as far as the
network would have written it, so the text is the network's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import torch

from limbeck.errors import LimbeckError
from limbeck.networks.growing import new_cache, plain

Draw = Callable[[torch.Tensor, int], tuple[int, torch.Tensor]]
"""From logits, ``[V]``, to the token that the sample draws from them as its so-manieth drafted one, and the
distribution it was drawn from, ``[V]``."""


class Draft(NamedTuple):
    """Tokens guessed, and the distributions that they were drawn from, ``[tokens, V]``; None where each was
    certain."""

    ids: list[int]
    probs_KV: torch.Tensor | None = None


class Reader:
    """A network that reads one text after the other and remembers what it has read: of a text that begins as
    the last one did, only the rest is read.

    Args:
        vocabulary: its tokens and their ids.

    Raises:
        LimbeckError: its cache does not keep every position, so that nothing can be taken back.
    """

    def __init__(self, network: Any, vocabulary: Mapping[str, int]) -> None:
        self.network, self.vocabulary = network, vocabulary
        self.cache, self.known = new_cache(network), list[int]()
        self.passes = 0
        if not plain(self.cache):
            kind = network.config.model_type
            raise LimbeckError(
                f"models of type {kind!r} do not keep every position's keys and values: what is drafted for "
                "them cannot be taken back"
            )

    @torch.inference_mode()
    def logits(self, ids: Sequence[int], last: int) -> torch.Tensor:
        """What may follow each of the last ``last`` tokens, ``[last, V]``."""
        same = min(_common(self.known, ids), len(ids) - last)
        if beyond := len(self.known) - same:
            self.cache.crop(-beyond)
        rest_1T = torch.tensor([list(ids[same:])], device=self.network.device)
        output = self.network(
            input_ids=rest_1T, past_key_values=self.cache, use_cache=True, logits_to_keep=last
        )
        self.known = list(ids)
        self.passes += 1
        logits_KV: torch.Tensor = output.logits[0, -last:]
        return logits_KV


class Drafter(Protocol):
    """Guesses how a text goes on."""

    def begin(self, reader: Reader) -> None:
        """A call begins; ``reader`` is the network that will read."""

    def draft(self, seen: list[int], most: int, draw: Draw) -> Draft:
        """At most ``most`` tokens, perhaps none, that may follow ``seen``.

        What is drawn must be drawn by ``draw``: its random numbers belong to the sample and the position.
        """


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two texts begin with that are the same."""
    for place, (token, other) in enumerate(zip(first, second, strict=False)):
        if token != other:
            return place
    return min(len(first), len(second))
