"""The seam before a token is drawn: what may look at the next token's logits and change them.

A method of ``decoding/token/`` makes one and hands it to `Model.steered`; the sampler calls it. Contrast with
an amateur, penalties, grammars and noise are steerings; nothing of the sampler changes for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch


class SampledRow(Protocol):
    """Sample ``number`` of a prompt, under way. ``seen`` are the prompt's tokens and all it has written,
    ``scores`` numbers that may be noted for it."""

    prompt: list[int]
    number: int
    seen: list[int]
    scores: dict[str, float]


class Steering(Protocol):
    """Changes logits before the sampler draws.

    Calls come as ``begin``, ``logits`` (once a token), ``end``, for one batch after the other. A sample that
    is set aside goes on in a later batch with all it has seen, so whatever depends on ``seen`` and ``number``
    alone does not depend on how batches are cut. Finished samples stay among the rows until they are taken
    out; what is returned for them is drawn and thrown away.
    """

    def begin(self, model: Any, rows: Sequence[SampledRow]) -> None:
        """A batch begins. ``model`` is the network itself, ``rows`` are the samples in it, in order."""

    def logits(self, logits_RV: torch.Tensor, rows: Sequence[SampledRow]) -> torch.Tensor:
        """The logits to draw from, before temperature and top-p.

        Args:
            logits_RV: of the next token, on the model's device; not to be changed in place.
            rows: the samples they belong to: those that ``begin`` named, in order, fewer as some finish.

        Returns:
            As many again; ``-inf`` forbids a token, and at least one of each row must remain.
        """

    def end(self) -> None:
        """The batch is over, or nobody reads on; what was kept for it may go."""
