"""What methods have in common that change the tokens of a model of this process."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from msgspec.structs import replace

from limbeck.decoding.ops import Decoded
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling, Spent
from limbeck.models.local import Local
from limbeck.pipeline.estimates import Counts


def local(model: Model, where: str) -> Local:
    """The model, whose network is at hand.

    Raises:
        LimbeckError: it is asked elsewhere.
    """
    if not isinstance(model, Local):
        raise LimbeckError(f"{where}: model {model.name!r} is not of this process")
    return model


def as_asked(counts: Counts) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    return {key: counts[key] for key in ("samples", "prompt_tokens", "max_tokens") if key in counts}


class Altered(Decoded):
    """Samples of a model whose network, or whose logits, were changed once for all."""

    changed: Model

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The changed model's samples."""
        yield from self.changed.stream_some(prompts, wanted, sampling)


def with_readers(completion: Completion, model: str, readers: dict[str, int | None]) -> Completion:
    """A completion that says which networks read along: each was fed every token that was written.

    Args:
        readers: the length of each one's prompt by its role, None for the completion's own.
    """
    spent = {"writer": Spent(model=model, prompt_tokens=completion.prompt_tokens, tokens=completion.tokens)}
    for role, prompt in readers.items():
        fed = completion.prompt_tokens if prompt is None else prompt
        spent[role] = Spent(model=model, prompt_tokens=fed, tokens=completion.tokens)
    return replace(completion, spent=spent)
