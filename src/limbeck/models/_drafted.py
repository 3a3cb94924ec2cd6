"""Sampling by guesses: a drafter proposes, the network reads all proposals at once, and the sample is one of
the network's own.

A position has three random numbers, by prompt, sample and place: for what is drafted, whether it is accepted,
and what is drawn in its stead. Numbers of positions that were refused are used again there, and may be: what
came before does not depend on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from limbeck.generation import Sampling
from limbeck.models._draw import digest, inverse, nucleus, uniforms
from limbeck.models._queue import Row
from limbeck.models.sampler import Limits
from limbeck.networks.drafting import Draft, Drafter, Reader

DRAFTED, ACCEPTED, INSTEAD = 1, 2, 3
"""Streams of random numbers."""


def sample(
    reader: Reader, rows: list[Row], sampling: Sampling, limits: Limits, drafter: Drafter, ahead: int
) -> Iterator[list[Row]]:
    """Rows one after the other, those of one prompt together, so that it is read once.

    A row's ``scores`` are ``passes`` (forward passes of the network), ``drafted`` and ``accepted`` (tokens).
    """
    drafter.begin(reader)
    for row in rows:
        _Sample(reader, row, sampling, limits, drafter).write(ahead)
        yield [row]


def settled(
    logits_KV: torch.Tensor, draft: Draft, sampling: Sampling, accepted_K: Any, instead_K: Any
) -> list[int]:
    """What is written of a draft: its tokens up to the first one refused, and one more of the network's own.

    A token x drawn from q is accepted with probability min(1, p(x) / q(x)); in the stead of a refused one is
    drawn from max(p - q, 0), normalised (arXiv 2211.17192, section 2.3). At temperature 0 both are one-hot.

    Args:
        logits_KV: of the network at each drafted token and behind the last one, ``[tokens + 1, V]``.
        accepted_K: numbers in [0, 1), one for each drafted token; ``instead_K`` one more.
    """
    written: list[int] = []
    p_KV = nucleus(logits_KV, sampling)
    for place, token in enumerate(draft.ids):
        p_V, q = p_KV[place], 1.0 if draft.probs_KV is None else float(draft.probs_KV[place, token])
        if float(accepted_K[place]) * q < float(p_V[token]):
            written.append(token)
            continue
        if draft.probs_KV is None:
            rest_V = p_V.clone()
            rest_V[token] = 0
        else:
            rest_V = (p_V - draft.probs_KV[place]).clamp_(min=0)
        return [*written, _drawn(rest_V, instead_K[place])]
    return [*written, _drawn(p_KV[-1], instead_K[len(draft.ids)])]


def _drawn(weight_V: torch.Tensor, uniform: Any) -> int:
    return int(inverse(weight_V[None].cumsum(-1), torch.as_tensor(uniform).reshape(1).to(weight_V)))


class _Sample:
    """A row while it is written."""

    def __init__(
        self, reader: Reader, row: Row, sampling: Sampling, limits: Limits, drafter: Drafter
    ) -> None:
        self.reader, self.row, self.sampling = reader, row, sampling
        self.limits, self.drafter = limits, drafter
        self.ends = set(limits.ends.tolist())
        key = [(digest(row.prompt), row.number, 0)]
        # One more: what is drawn behind the last drafted token.
        self.numbers: dict[int, torch.Tensor] = {}
        for stream in (DRAFTED, ACCEPTED, INSTEAD):
            self.numbers[stream] = uniforms(key, digest([sampling.seed, stream]), row.most + 1)[0]

    def write(self, ahead: int) -> None:
        """All of it."""
        row, passes, drafted, accepted = self.row, self.reader.passes, 0, 0
        while not row.ended and len(row.ids) < row.most:
            seen, at = row.prompt + row.ids, len(row.ids)
            most = min(ahead, row.most - at - 1)
            draft = self.drafter.draft(seen, most, self._draw) if most else Draft([])
            count = len(draft.ids)
            logits_KV = self.reader.logits(seen + draft.ids, count + 1)
            written = settled(
                logits_KV,
                draft,
                self.sampling,
                self.numbers[ACCEPTED][at : at + count],
                self.numbers[INSTEAD][at : at + count + 1],
            )
            drafted, accepted = drafted + count, accepted + len(written) - 1
            self._note(written, logits_KV)
        passes = self.reader.passes - passes
        row.scores |= {"passes": float(passes), "drafted": float(drafted), "accepted": float(accepted)}

    def _draw(self, logits_V: torch.Tensor, place: int) -> tuple[int, torch.Tensor]:
        """The drafted token so many places ahead, and what it was drawn from."""
        probs_V = nucleus(logits_V[None], self.sampling)[0]
        return _drawn(probs_V, self.numbers[DRAFTED][len(self.row.ids) + place]), probs_V

    def _note(self, written: list[int], logits_KV: torch.Tensor) -> None:
        """Tokens up to the one that ends the sample."""
        row, limits = self.row, self.limits
        logp_KV = logits_KV.float().log_softmax(-1) if self.sampling.logprobs else None
        for place, token in enumerate(written):
            row.ids.append(token)
            if logp_KV is not None:
                row.logps.append(float(logp_KV[place, token]))
            row.ended = token in self.ends
            if not row.ended and limits.stopped is not None:
                row.ended = limits.stopped([row.ids[-limits.reach :]])[0]
            if row.ended:
                return
