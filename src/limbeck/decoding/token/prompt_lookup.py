"""What followed the same words before is guessed to follow again, and read at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from limbeck.decoding.ops import Decoded
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models.local import Local
from limbeck.pipeline.estimates import Counts
from limbeck.types import Count

if TYPE_CHECKING:
    from limbeck.networks.drafting import Draft, Draw, Reader

GIVES = ("text", "prefix", "logprobs", "ids")
MODEL_WANTS = ("logits", "drafts")


def prompt_lookup(*, model: Model, ahead: Count = 8, longest: Count = 3) -> Model:
    """Guess that a text goes on as it did where its last words stood before, and keep what the model would
    have written.

    Speculative decoding (arXiv 2211.17192) without a second model: for text that repeats its prompt or
    itself, such as working that copies numbers. A guess is certain of itself, so it is accepted with the
    probability that the model gives it; samples have the model's distribution, exactly, and are its greedy
    ones at temperature 0, as with `decoding/speculative`.

    Args:
        model: whose samples these are; a local one.
        ahead: tokens guessed at a time, at most.
        longest: tokens that are looked for, at first; where they stood nowhere, fewer, down to one.

    Returns:
        A model whose completions say in ``scores`` how many ``passes`` they took, and how many tokens were
        ``drafted`` and ``accepted``.

    Raises:
        LimbeckError: a model that is not of this process; when it is first asked, a cache that forgets
            positions.
    """
    if not isinstance(model, Local):
        raise LimbeckError(f"decoding/prompt_lookup: model {model.name!r} is not of this process")
    return PromptLookup(model, ahead, longest)


def estimate(counts: Counts, params: dict[str, object]) -> Counts:
    """For a dry run: the model writes what was asked."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


class PromptLookup(Decoded):
    """The model behind `prompt_lookup`."""

    def __init__(self, inner: Local, ahead: int, longest: int) -> None:
        super().__init__(inner, ahead=ahead, longest=longest)
        self.reading = inner.drafted(Seen(longest), ahead)

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The model's samples."""
        yield from self.reading.stream_some(prompts, wanted, sampling)


class Seen:
    """A drafter that looks up what it has seen."""

    def __init__(self, longest: int) -> None:
        self.longest = longest

    def begin(self, reader: Reader) -> None:
        """Nothing is kept."""

    def draft(self, seen: list[int], most: int, draw: Draw) -> Draft:
        """What followed the last words where they stood last; nothing where they are new."""
        from limbeck.networks.drafting import Draft

        for size in range(min(self.longest, len(seen) - 1), 0, -1):
            words = seen[-size:]
            for start in range(len(seen) - size - 1, -1, -1):
                if seen[start : start + size] == words:
                    return Draft(seen[start + size : start + size + most])
        return Draft([])
