"""Stored traces read through networks: log-probabilities, distributions, hidden states, attention.

Whoever measures something on text that is there already asks a `Probe`: no gradient, no dropout, rows of
similar length side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from limbeck.errors import LimbeckError
from limbeck.networks.batch import Batch, Item, Row, collate
from limbeck.networks.cutting import cut
from limbeck.networks.opening import autocast_dtype, device, open_network, open_tokenizer
from limbeck.networks.policy import Network, run
from limbeck.networks.rows import ChatTokenizer
from limbeck.networks.tokenizers import difference
from limbeck.records import Data, Trace

Reading = Callable[..., "Tensor | tuple[Tensor, ...]"]
"""``(batch, policy, …)`` with a policy per network. What it leaves alone is not computed: ``policy.logp_N``
and `Policy.against` never hold the [tokens, vocabulary] matrix, ``policy.log_probs`` is that matrix."""


@dataclass(frozen=True)
class Probe:
    """Networks that read the same rows.

    Args:
        networks: what is being trained may be among them; it comes back in the mode it was in.
        max_tokens: padded tokens in memory at a time.
    """

    networks: Sequence[Network]
    max_tokens: int = 4096
    chat_tokenizer: ChatTokenizer | None = field(default=None, kw_only=True)

    @classmethod
    def open(
        cls, *checkpoints: str, max_tokens: int = 4096, precision: str = "auto", longest: int = 0,
        layers: bool = False,
    ) -> Probe:  # fmt: skip
        """Checkpoints that cut text into the same tokens.

        Args:
            longest: most tokens of a row, 0 for any.
            layers: ``policy.layers`` has the hidden states ``[B, T, D]`` of all layers, the embeddings first.

        Raises:
            LimbeckError: a checkpoint cannot be opened, or has another vocabulary than the first.
        """
        chat_tokenizer = ChatTokenizer.open(checkpoints[0], longest).read_by(*checkpoints)
        for path in checkpoints[1:]:
            if (text := difference(chat_tokenizer.tokenizer, open_tokenizer(path))) is not None:
                raise LimbeckError(f"{checkpoints[0]} and {path} have different vocabularies: {text!r}")
        autocast = autocast_dtype(precision)
        networks = [open_network(path, autocast, device(), layers) for path in checkpoints]
        return cls(networks, max_tokens, chat_tokenizer=chat_tokenizer)

    def rows(self, data: Data, traces: Iterable[Trace]) -> tuple[list[Row], list[str]]:
        """Traces as rows, and why the others are none."""
        assert self.chat_tokenizer is not None, "an opened probe has one"
        made = self.chat_tokenizer.rows(data, traces).values()
        reasons = [each for each in made if isinstance(each, str)]
        return [each for each in made if isinstance(each, Row)], reasons

    def tokens(self, rows: Sequence[Row], reading: Reading) -> Iterator[tuple[int, list[np.ndarray]]]:
        """What is read off each trained token: a row's index and its arrays ``[n, …]``, longest rows first.

        Args:
            reading: gives one tensor ``[N, …]`` or a tuple of them.
        """
        for places, batch, values in self._read(rows, reading):
            sizes = batch.mask_BT.sum(1).tolist()
            parts = [each.split(sizes) for each in values]
            for index, place in enumerate(places):
                yield place, [_array(part[index]) for part in parts]

    def traces(self, rows: Sequence[Row], reading: Reading) -> list[float]:
        """A number for each row, in order; ``reading`` gives ``[B]``."""
        numbers: dict[int, float] = {}
        for places, _, (values_B,) in self._read(rows, reading):
            numbers |= zip(places, values_B.tolist(), strict=True)
        return [numbers[place] for place in range(len(rows))]

    def attentions(self, rows: Sequence[Row]) -> Iterator[tuple[int, np.ndarray]]:
        """Who looks at whom in each row, prompt included, by the first network: ``[layers, heads, T, T]``."""
        for place, row in enumerate(rows):
            with undisturbed(self.networks[:1]):
                ids_BT = collate([Item((row,))]).ids_BT.to(next(self.networks[0].parameters()).device)
                attention = self.networks[0].attentions(ids_BT)[:, 0]
            yield place, _array(attention)

    def _read(
        self, rows: Sequence[Row], reading: Reading
    ) -> Iterator[tuple[list[int], Batch, tuple[Tensor, ...]]]:
        # What a row carries besides its tokens (weights, stored signals) has no say here.
        bare = [Item((Row(str(place), row.ids, row.start),)) for place, row in enumerate(rows)]
        where = next(self.networks[0].parameters()).device
        for part in cut(bare, self.max_tokens) if bare else []:
            batch = collate(part).to(where)
            with undisturbed(self.networks):
                values = reading(batch, *(run(network, network, batch) for network in self.networks))
            yield [int(name) for name in batch.ids], batch, values if isinstance(values, tuple) else (values,)


@contextmanager
def undisturbed(networks: Iterable[Network]) -> Iterator[None]:
    """Without gradient and dropout. Never held over a ``yield`` to a caller, who may be training."""
    before = [(network, network.training) for network in networks]
    for network, _ in before:
        network.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for network, training in before:
            network.train(training)


def _array(values: Tensor) -> np.ndarray[Any, Any]:
    # numpy knows no bfloat16.
    return (values.float() if values.dtype == torch.bfloat16 else values).cpu().numpy()
