"""The last layer held against an earlier one: what was added late counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from limbeck.decoding.token._steered import Altered, as_asked, local
from limbeck.errors import LimbeckError
from limbeck.generation import Model
from limbeck.pipeline.estimates import Counts
from limbeck.types import PositiveShare

if TYPE_CHECKING:
    import torch

GIVES = ("text", "prefix", "logprobs")
MODEL_WANTS = ("logits",)
Layers = Literal["low", "high", "all"]


def dola(*, model: Model, layers: Layers = "high", alpha: PositiveShare = 0.1) -> Model:
    """Draw from ``log q_N - log q_M``: what the last layer says less what an earlier one would have said.

    DoLa, arXiv 2309.03883, section 2. Of the candidate layers the one counts whose words differ most from
    the last one's (Jensen-Shannon divergence), anew at every token; a layer's words are read through the
    model's own norm and head. (transformers 5 has no ``dola_layers`` of its own any more; it is code to be
    fetched from the Hub.)

    Args:
        model: a local one; it stays as it is.
        layers: candidates: every layer (the embeddings among them) of the lower half or the upper half before
            the last, or of both. The paper takes every other one of larger models, for speed.
        alpha: a token stays where the last layer gives it at least this share of the likeliest's probability.

    Returns:
        A model whose log-probabilities are those of the contrasted scores.

    Raises:
        LimbeckError: a model that is asked elsewhere; when asked, one with a single layer, or whose last norm
            goes by no known name.
    """
    return Contrasted(model, layers, alpha)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    return as_asked(counts)


class Contrasted(Altered):
    """The model behind `dola`."""

    def __init__(self, model: Model, layers: Layers, alpha: float) -> None:
        inner = local(model, "decoding/dola")
        super().__init__(inner, layers=layers, alpha=alpha)
        self.changed = inner.altered(self._contrasted)

    def _contrasted(self, network: Any) -> Any:
        from limbeck.networks.lens import final_norm
        from limbeck.networks.twins import blocks, inner_of, tapped, twin

        other = twin(network)
        layers = list(blocks(other))
        taken = candidates(len(layers), self.settings["layers"])
        early: dict[int, torch.Tensor] = {}

        def note(place: int) -> Any:
            def keep(state_RTD: torch.Tensor) -> torch.Tensor:
                early[place] = state_RTD
                return state_RTD

            return keep

        def late(_: Any, __: Any, output: Any) -> Any:
            count = output.logits.shape[1]
            head, norm = inner_of(other).get_output_embeddings(), final_norm(other)
            states = [norm(early.pop(place)[:, -count:]) for place in taken]
            output.logits = contrasted(output.logits, [head(each) for each in states], self.settings["alpha"])
            return output

        for place in taken:
            source = inner_of(other).get_input_embeddings() if place == 0 else layers[place - 1]
            tapped(source, note(place))
        other.register_forward_hook(late)
        return other


def candidates(count: int, which: Layers) -> list[int]:
    """Layers to choose from, of ``count``, the last left out; 0 are the embeddings.

    Raises:
        LimbeckError: there is none.
    """
    half = count // 2
    places = {"low": range(half), "high": range(half, count), "all": range(count)}[which]
    if not places:
        raise LimbeckError(f"decoding/dola: a network of {count} layers has no {which} layer before its last")
    return list(places)


def contrasted(last_RTV: torch.Tensor, early: list[torch.Tensor], alpha: float) -> torch.Tensor:
    """``log q_N - log q_M`` with M the earlier layer that differs most, where the last one finds a token
    plausible; minus infinity elsewhere."""
    import math

    import torch

    from limbeck.networks.lens import jensen_shannon

    last_RTV = last_RTV.float().log_softmax(-1)
    early_LRTV = torch.stack([each.float().log_softmax(-1) for each in early])
    apart_LRT = torch.stack([jensen_shannon(last_RTV, each_RTV) for each_RTV in early_LRTV])
    chosen_1RT = apart_LRT.argmax(0, keepdim=True)
    index = chosen_1RT[..., None].expand(1, *last_RTV.shape)
    scores_RTV = last_RTV - early_LRTV.gather(0, index)[0]
    limit_RT1 = last_RTV.amax(-1, keepdim=True) + math.log(alpha)
    return scores_RTV.masked_fill(last_RTV < limit_RT1, -torch.inf)
