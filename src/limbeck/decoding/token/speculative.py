"""A small model drafts, the large one reads several tokens at once: its own text in fewer passes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from limbeck.decoding.ops import Decoded
from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling, Spent
from limbeck.models.local import Local
from limbeck.pipeline.estimates import Counts
from limbeck.types import Count

if TYPE_CHECKING:
    from limbeck.networks.drafting import Draft, Draw, Reader

GIVES = ("text", "prefix", "logprobs", "ids")
MODEL_WANTS = ("logits", "drafts")


def speculative(*, model: Model, draft: Model, ahead: Count = 4) -> Model:
    """Let a small model guess the next tokens and the large one keep what it would have written (arXiv
    2211.17192).

    Samples have the large model's distribution, exactly; at temperature 0 they are its greedy ones, but for
    two tokens as likely as one another within rounding. A guess is drawn as the sample is, at its temperature
    and top-p. A sample is written by itself, not in a batch: what this saves are passes of the large model.

    Args:
        model: whose samples these are; a local one.
        draft: who guesses; a local one with the same tokens.
        ahead: tokens guessed at a time.

    Returns:
        A model whose completions say in ``scores`` how many ``passes`` of the large model they took, and how
        many tokens were ``drafted`` and ``accepted``; ``spent`` names both models.

    Raises:
        LimbeckError: a model that is not of this process; when it is first asked, other tokens, or a cache
            that forgets positions.
    """
    for each in (model, draft):
        if not isinstance(each, Local):
            raise LimbeckError(f"decoding/speculative: model {each.name!r} is not of this process")
    assert isinstance(model, Local)
    assert isinstance(draft, Local)
    return Speculative(model, draft, ahead)


def estimate(counts: Counts, params: dict[str, object]) -> Counts:
    """For a dry run: the large model writes what was asked."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


class Speculative(Decoded):
    """The model behind `speculative`."""

    def __init__(self, inner: Local, small: Local, ahead: int) -> None:
        super().__init__(inner, draft=small.describe(), ahead=ahead)
        self.small = small
        self.reading = inner.drafted(Small(small), ahead)

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The large model's samples; which of the two wrote how much is told."""
        for index, number, completion in self.reading.stream_some(prompts, wanted, sampling):
            if completion.scores is None:  # a prompt that does not fit
                yield index, number, completion
                continue
            asked, tried = completion.prompt_tokens, int(completion.scores["drafted"])
            spent = {
                "target": Spent(model=self.inner.name, prompt_tokens=asked, tokens=completion.tokens),
                "draft": Spent(model=self.small.name, prompt_tokens=asked, tokens=tried),
            }
            yield index, number, replace(completion, spent=spent)


class Small:
    """A drafter that is a model."""

    def __init__(self, local: Local) -> None:
        self.local = local
        self.reader: Reader | None = None

    def begin(self, reader: Reader) -> None:
        """Open the small model.

        Raises:
            LimbeckError: its tokens are others.
        """
        self.reader = self.local.reader()
        if self.reader.vocabulary != reader.vocabulary:
            raise LimbeckError(
                f"decoding/speculative: {self.local.name!r} has other tokens than the model it drafts for: "
                f"{len(self.reader.vocabulary):,} and {len(reader.vocabulary):,}; take one of its family"
            )

    def draft(self, seen: list[int], most: int, draw: Draw) -> Draft:
        """Tokens drawn one after the other."""
        import torch

        from limbeck.networks.drafting import Draft

        assert self.reader is not None
        ids: list[int] = []
        probs_KV = []
        for place in range(most):
            token, probs_V = draw(self.reader.logits(seen + ids, 1)[0], place)
            ids.append(token)
            probs_KV.append(probs_V)
        return Draft(ids, torch.stack(probs_KV))
