"""A teacher's distributions at the trained tokens of a batch: live or stored, whole or the likeliest."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from limbeck.errors import LimbeckError
from limbeck.networks.events import Events
from limbeck.networks.logp import Head

NOTHING = -24.0
"""Log-probability, on both sides, of a stored token that the student lacks: it adds 0 to a divergence."""


@dataclass(frozen=True)
class Live:
    """Whole distributions of a teacher; also stored ones, whose log-probabilities serve as logits."""

    head: Head
    stored: bool = False

    @property
    def vocabulary(self) -> int:
        """How many words ``log_probs`` has."""
        return self.head.vocabulary

    def events(self, logits_CV: Tensor, target_C: Tensor, part: slice, temperature: float) -> Events:
        """All words of the vocabulary. Of padded vocabularies (Qwen's differ by size) the common words are
        compared."""
        with torch.no_grad():
            teacher_CV = self.head.logits(part)
            common = min(teacher_CV.shape[-1], logits_CV.shape[-1])
            teacher_CM = (teacher_CV[:, :common] / temperature).log_softmax(-1)
        student_CM = (logits_CV[:, :common] / temperature).log_softmax(-1)
        return Events(student_CM, teacher_CM.to(student_CM.dtype), target_C, part)

    @torch.no_grad()
    def log_probs(self, index_N: Tensor, temperature: float = 1.0) -> Tensor:
        """Distributions of some tokens, ``[len, V]``."""
        return (self.head.logits(index_N) / temperature).log_softmax(-1)

    @torch.no_grad()
    def logits(self, index_N: Tensor | slice) -> Tensor:
        """Logits of some tokens, ``[len, V]``.

        Raises:
            LimbeckError: the signal is stored, and with it log-probabilities alone.
        """
        if self.stored:
            raise LimbeckError("a stored signal holds no logits; this objective wants a live teacher")
        return self.head.logits(index_N)


@dataclass(frozen=True)
class Top:
    """A teacher's likeliest tokens, stored: ``ids_NK``, their log-probabilities and that of all others, one
    event."""

    ids_NK: Tensor
    logp_NK: Tensor
    rest_N: Tensor
    temperature: float = 1.0

    @property
    def vocabulary(self) -> int:
        """How many events there are: ``log_probs`` has no words."""
        return self.ids_NK.shape[-1] + 1

    def events(self, logits_CV: Tensor, target_C: Tensor, part: slice, temperature: float) -> Events:
        """The stored tokens and one event for the rest, whose probability is exact on both sides.

        Of padded vocabularies the teacher's may be the larger: what it stored of words that the student lacks
        is part of the rest.
        """
        self._check(temperature)
        ids_CK, kept_CK, left_C = self.ids_NK[part], self.logp_NK[part], self.rest_N[part]
        logq_CV = (logits_CV / temperature).log_softmax(-1)
        foreign_CK = ids_CK >= logq_CV.shape[-1]
        if lacking := bool(foreign_CK.any()):
            ids_CK = ids_CK.clamp(max=logq_CV.shape[-1])
            logq_CV = torch.nn.functional.pad(logq_CV, (0, 1), value=-torch.inf)
            moved_C = kept_CK.masked_fill(~foreign_CK, -torch.inf).logsumexp(-1)
            left_C = torch.logaddexp(left_C, moved_C.to(left_C.dtype)).clamp(max=-1e-6)
            kept_CK = kept_CK.masked_fill(foreign_CK, -torch.inf)
        logq_CK = logq_CV.gather(-1, ids_CK)
        rest_C = logq_CV.scatter(-1, ids_CK, -torch.inf).logsumexp(-1)
        # Where all words are stored nothing is left, and rounding must not say otherwise.
        left_C = left_C.to(rest_C.dtype).masked_fill(rest_C.isneginf(), -torch.inf)
        # The rest is exact; the stored tokens, which may be rounded, share what it leaves.
        kept_CK = kept_CK - kept_CK.logsumexp(-1, keepdim=True) + torch.log(-torch.expm1(left_C))[:, None]
        if lacking:
            logq_CK, kept_CK = (each.masked_fill(foreign_CK, NOTHING) for each in (logq_CK, kept_CK))
        student_CM = torch.cat([logq_CK, rest_C[:, None]], -1)
        teacher_CM = torch.cat([kept_CK, left_C[:, None]], -1).to(student_CM.dtype)
        found_CK = ids_CK == target_C[:, None]
        rest = ids_CK.shape[-1]
        target_C = torch.where(found_CK.any(-1), found_CK.int().argmax(-1), rest)
        return Events(student_CM, teacher_CM, target_C, part)

    def log_probs(self, index_N: Tensor, temperature: float = 1.0) -> Tensor:
        """Stored tokens cannot be told apart from the rest of the vocabulary."""
        raise LimbeckError(
            "the stored signal has the likeliest tokens alone; this objective wants all: store k=0"
        )

    def logits(self, index_N: Tensor | slice) -> Tensor:
        """Not stored."""
        raise LimbeckError("a stored signal holds no logits; this objective wants a live teacher")

    def _check(self, temperature: float) -> None:
        if temperature != self.temperature:
            raise LimbeckError(
                f"the stored likeliest tokens were taken at temperature {self.temperature:g}, the objective "
                "asks for "
                f"{temperature:g}; store them at that temperature, or store everything (k=0)"
            )
