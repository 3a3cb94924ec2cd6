"""A model that may not write some words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from limbeck.decoding.ops import Decoded
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models.local import Local
from limbeck.pipeline.estimates import Counts

if TYPE_CHECKING:
    import torch

    from limbeck.networks.steering import SampledRow

GIVES = ("text", "prefix", "logprobs", "ids")
MODEL_WANTS = ("logits",)


def forbidden(*, model: Model, words: tuple[str, ...]) -> Model:
    """Set the logits of some words' tokens to minus infinity: what reasons without them? (arXiv 2505.21067,
    section 4).

    A token is forbidden that is a word of the list, whatever its case and the blanks around it. A word that
    the tokenizer cuts into several tokens can still be written in pieces.

    Args:
        model: a local one, whose logits can be changed.
        words: such as ``wait`` and ``maybe``, or a sign of a small world.

    Raises:
        LimbeckError: no word, a model that is not of this process; when it is first asked, a word that is no
            token.
    """
    precheck({"words": words})
    if not isinstance(model, Local):
        raise LimbeckError(f"decoding/forbidden: model {model.name!r} is not of this process")
    return Forbidden(model, words)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    words = list(given["words"])
    if not words or not all(word.strip() for word in words):
        raise LimbeckError(f"decoding/forbidden: words={words!r}: name the words, none of them empty")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


class Forbidden(Decoded):
    """The model behind `forbidden`."""

    def __init__(self, inner: Local, words: tuple[str, ...]) -> None:
        super().__init__(inner, words=list(words))
        self.without = inner.steered(Without(inner.path, words))

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The inner model's samples without the words."""
        yield from self.without.stream_some(prompts, wanted, sampling)


class Without:
    """The steering: which tokens are meant is worked out once, from the tokenizer of ``path``."""

    def __init__(self, path: str, words: tuple[str, ...]) -> None:
        self.path, self.words = path, words

    @cached_property
    def tokens(self) -> list[int]:
        """Ids of the tokens that are words of the list.

        Raises:
            LimbeckError: a word without a token of its own.
        """
        from limbeck.networks.template import load_tokenizer

        tokenizer = load_tokenizer(self.path)
        wanted: dict[str, list[int]] = {word.strip().casefold(): [] for word in self.words}
        texts = tokenizer.batch_decode([[token] for token in range(len(tokenizer))])
        for token, text in enumerate(texts):
            if (bare := text.strip().casefold()) in wanted:
                wanted[bare].append(token)
        if lacking := [word for word, ids in wanted.items() if not ids]:
            raise LimbeckError(f"decoding/forbidden: {lacking[0]!r} is no token of {self.path!r}")
        return sorted(token for ids in wanted.values() for token in ids)

    def begin(self, model: Any, rows: Sequence[SampledRow]) -> None:
        """Nothing is kept of a batch."""

    def logits(self, logits_RV: torch.Tensor, rows: Sequence[SampledRow]) -> torch.Tensor:
        """The same, with minus infinity at the words' tokens."""
        held_RV = logits_RV.clone()
        held_RV[:, self.tokens] = float("-inf")
        return held_RV

    def end(self) -> None:
        """Nothing was kept."""
