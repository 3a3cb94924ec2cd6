"""A model made hotter or colder than it is asked to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from limbeck.decoding.token._steered import Altered, as_asked, local
from limbeck.generation import Model
from limbeck.pipeline.estimates import Counts
from limbeck.types import Positive

if TYPE_CHECKING:
    import torch

    from limbeck.networks.steering import SampledRow

GIVES = ("text", "prefix", "logprobs")
MODEL_WANTS = ("logits",)


def tempered(*, model: Model, factor: Positive = 1.0) -> Model:
    """Divide logits by ``factor`` before the temperature that is asked for, so that one arm is hotter.

    For comparisons in which all arms are sampled at one temperature, such as a defence held against plain
    heat (antidistillation sampling, arXiv 2504.13146, section 4).

    Args:
        model: a local one.
        factor: above 1 for more randomness; the temperature that counts is its product with the one asked
            for.

    Returns:
        A model whose log-probabilities are those behind the factor.

    Raises:
        LimbeckError: a model that is asked elsewhere.
    """
    return Tempered(model, factor)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    return as_asked(counts)


class Tempered(Altered):
    """The model behind `tempered`."""

    def __init__(self, model: Model, factor: float) -> None:
        inner = local(model, "decoding/tempered")
        super().__init__(inner, factor=factor)
        self.changed = inner.steered(Heat(factor))


class Heat:
    """The steering."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def begin(self, model: Any, rows: Sequence[SampledRow]) -> None:
        """Nothing is kept of a batch."""

    def logits(self, logits_RV: torch.Tensor, rows: Sequence[SampledRow]) -> torch.Tensor:
        """The logits over the factor."""
        return logits_RV / self.factor

    def end(self) -> None:
        """Nothing was kept."""
