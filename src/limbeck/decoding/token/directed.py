"""A model whose hidden states are put at a chosen place along a direction, at every token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

from limbeck.decoding.token._steered import Altered, as_asked, local
from limbeck.generation import Messages, Model
from limbeck.pipeline.estimates import Counts
from limbeck.types import Finite, Part, Positive

GIVES = ("text", "prefix", "logprobs", "score")
MODEL_WANTS = ("logits",)
Layer = Annotated[int, Meta(ge=-1)]


def directed(
    *, model: Model, direction: Part, coefficient: Finite = 0.0, scale: Positive = 1.0, layer: Layer = -1
) -> Model:
    """Steer along a direction: ``h' = h - ((h - offset)·u) u + c k u`` at one layer (arXiv 2504.17130).

    Steering the CensorShip, section 3.3: the projection that is there goes, a chosen one takes its place,
    all else of the state stays. At a coefficient c of 1 a state lies where prompts of the positive kind
    (refusals) lie on average, at -1 as far on the other side, at 0 where neutral ones do.

    Args:
        model: a local one, whose hidden states can be changed; it stays as it is.
        direction: a stage of `teachers/inclination`, of this network or one of its width.
        coefficient: c, in [-1, 1] in the paper.
        scale: k in units of how far such prompts lie from neutral ones.
        layer: counted from 0, nearest to the embeddings; -1 takes the one that was found best.

    Returns:
        A model that samples and scores text with the states changed, at the prompt's tokens too.

    Raises:
        LimbeckError: a model that is asked elsewhere; when asked, a layer that is not there, or a network of
            another width.
    """
    return Directed(model, str(direction), coefficient, scale, layer)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    return as_asked(counts)


class Directed(Altered):
    """The model behind `directed`."""

    def __init__(self, model: Model, direction: str, coefficient: float, scale: float, layer: int) -> None:
        inner = local(model, "decoding/directed")
        super().__init__(inner, coefficient=coefficient, scale=scale, layer=layer)
        self.direction = direction
        self.changed = inner.altered(self._put)

    def _put(self, network: Any) -> Any:
        """A second network over the same weights, with one layer's states put along the direction."""
        from limbeck.networks.inclined import Inclined, put
        from limbeck.networks.twins import blocks, tapped, twin

        inclined, other = Inclined.load(self.direction), twin(network)
        width = other.get_input_embeddings().weight.shape[1]
        layer = self.settings["layer"]
        unit_D, offset_D, reach = inclined.at(layer, width)
        where = self.settings["coefficient"] * self.settings["scale"] * reach
        chosen = inclined.layer if layer < 0 else layer
        tapped(blocks(other)[chosen], lambda state_RTD: put(state_RTD, unit_D, offset_D, where))
        return other

    def score(
        self, prompts: Sequence[Messages], completions: Sequence[str], ended: Sequence[bool] | None = None
    ) -> list[list[float]]:
        """Natural log-probabilities of the steered network."""
        return self.changed.score(prompts, completions, ended)
