"""A small model that writes, and a large one that is asked where it matters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from limbeck.decoding.ops import Decoded
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models.local import Local
from limbeck.pipeline.estimates import Counts
from limbeck.types import Part, PositiveShare, Share

if TYPE_CHECKING:
    from torch import Tensor

    from limbeck.networks.steering import SampledRow

GIVES = ("text", "prefix", "logprobs", "ids")
MODEL_WANTS = ("logits",)


def routed(
    *,
    model: Model,
    large: Model,
    router: Part,
    by: Literal["router", "entropy", "random"] = "router",
    rate: Share = 0.0,
    recall: PositiveShare = 0.95,
    seed: int = 0,
) -> Model:
    """Let a small model write, and take a large one's token where a router expects the two to part (R2R,
    arXiv 2505.21600, section 3.4).

    For each token the router reads the small model's logits, its last hidden state and its likeliest token;
    beyond its line the token is drawn from the large model's logits. Both models keep a cache of their own
    over the whole text.

    Args:
        model: the small one. large: the other. Both are local and cut text into the same tokens.
        router: a stage of `teachers/token_router` for these two models.
        by: ``entropy`` draws the line at the small model's uncertainty, ``random`` asks by chance.
        rate: share of what was held out from the router that lies beyond the line; 0 draws it where the
            router finds ``recall`` of the divergent tokens (``random`` then asks as often as it).
        seed: of ``random``.

    Returns:
        A model whose samples have the scores ``large_rate``, the share of tokens that are the large model's,
        and ``active``, the mean number of parameters in use for a token: all of the small model's, and the
        large one's for that share.

    Raises:
        LimbeckError: models that are not of this process; when it is first asked, a router for other models.
    """
    for each in (model, large):
        if not isinstance(each, Local):
            raise LimbeckError(f"decoding/routed: model {each.name!r} is not of this process")
    return Routed(model, large, str(router), by=by, rate=rate, recall=recall, seed=seed)


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


class Routed(Decoded):
    """The model behind `routed`."""

    def __init__(self, inner: Any, large: Any, part: str, **settings: Any) -> None:
        super().__init__(inner, large=large.name, **settings)
        self.large = large
        self.both = inner.steered(Turns(large, part, **settings))

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The small model's samples, with the large one's tokens where it was asked."""
        yield from self.both.stream_some(prompts, wanted, sampling)

    def describe(self) -> dict[str, Any]:
        """The small model's record, and the large one's."""
        return {**super().describe(), "large": self.large.describe()}


class Turns:
    """The steering: whose logits a token is drawn from."""

    def __init__(self, large: Any, part: str, by: str, rate: float, recall: float, seed: int) -> None:
        self.large, self.part, self.by = large, part, by
        self.rate, self.recall, self.seed = rate, recall, seed

    def begin(self, model: Any, rows: Sequence[SampledRow]) -> None:
        """A batch begins.

        Raises:
            LimbeckError: the router is one for other models.
        """
        from limbeck.networks.beside import Beside
        from limbeck.networks.routing import Known, States, print_of

        self.known = Known.load(self.part)
        self.model, network = model, self.large._loaded[0]
        for name, each, print_ in (("small", model, self.known.small), ("large", network, self.known.large)):
            if print_of(each) != print_:
                raise LimbeckError(f"decoding/routed: the router is one for another {name} model")
        self.line = self.known.line("router" if self.by == "random" else self.by, self.rate, self.recall)
        self.share = self.rate or self.known.at("router", self.line)["rate"]
        self.beside, self.states = Beside(network), States(model)
        self.small_size, self.large_size = _size(model), _size(network)

    def logits(self, logits_RV: Tensor, rows: Sequence[SampledRow]) -> Tensor:
        """The small model's, or the large one's of rows that go to it."""
        import torch

        state_RD = self.states.of(rows)
        theirs_RV = self.beside.read(rows).logits[:, -1].to(logits_RV.dtype)
        asked_R = torch.tensor(self._asked(logits_RV, state_RD, rows), device=logits_RV.device)
        for row, asks in zip(rows, asked_R.tolist(), strict=True):
            written = len(row.seen) - len(row.prompt)
            before = row.scores.get("large_rate", 0.0)
            share = (before * written + asks) / (written + 1)
            row.scores |= {"large_rate": share, "active": self.small_size + share * self.large_size}
        return torch.where(asked_R[:, None], theirs_RV, logits_RV)

    def end(self) -> None:
        """The large model's cache goes."""
        self.beside.forget()
        self.states.close()

    def _asked(self, logits_RV: Tensor, state_RD: Tensor, rows: Sequence[SampledRow]) -> list[bool]:
        """Which rows go to the large model."""
        from limbeck.networks.caching import chance
        from limbeck.networks.routing import entropy, features

        if self.by == "random":
            places = [f"{self.seed}/{len(row.seen)}" for row in rows]
            pairs = zip(rows, places, strict=True)
            return [float(chance([row], place, 1)[0, 0]) < self.share for row, place in pairs]
        if self.by == "entropy":
            score_R = entropy(logits_RV)
        else:
            most = self.known.router.shape.logits
            score_R = self.known.router(features(self.model, logits_RV, state_RD, most)).sigmoid()
        asked: list[bool] = (score_R > self.line).tolist()
        return asked


def _size(network: Any) -> int:
    return sum(each.numel() for each in network.parameters())
