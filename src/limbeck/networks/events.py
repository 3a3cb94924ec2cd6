"""Student and teacher over the same events: what a divergence is taken of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Events:
    """Student and teacher on the same ``M`` events at ``C`` tokens, as log-probabilities.

    Events are the vocabulary, or the teacher's likeliest tokens and one that stands for all others. Both
    sides sum to one, so whatever is a divergence stays one. The last event's teacher log-probability may be
    -inf.

    Attributes:
        student_CM: with gradient.
        teacher_CM: without.
        target_C: the event of the token that is trained.
        part: which of all tokens these are.
    """

    student_CM: Tensor
    teacher_CM: Tensor
    target_C: Tensor
    part: slice


class Teacher(Protocol):
    """A teacher's distributions at the trained tokens of a batch, live or stored."""

    @property
    def vocabulary(self) -> int: ...
    def events(self, logits_CV: Tensor, target_C: Tensor, part: slice, temperature: float) -> Events: ...
    def log_probs(self, index_N: Tensor, temperature: float = 1.0) -> Tensor: ...
    def logits(self, index_N: Tensor | slice) -> Tensor: ...
