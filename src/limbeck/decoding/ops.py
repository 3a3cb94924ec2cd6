"""What decoding methods share: a model that is made of another one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from limbeck.generation import Completion, Messages, Model, Sampling


class Decoded(Model):
    """A model around another one. Who derives from it writes `stream_some`.

    Args:
        inner: the model that is asked.
        settings: what a manifest shall record of the strategy.
    """

    def __init__(self, inner: Model, **settings: Any) -> None:
        self.name, self.inner, self.settings = inner.name, inner, settings

    def stream(
        self, prompts: Sequence[Messages], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """Completions for all prompts and numbers, as they finish."""
        return self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)

    @abstractmethod
    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """One completion for each wanted sample of each prompt, handed on when it is there.

        Its ``tokens`` count all that was written on the way. It depends on ``sampling.seed``, its prompt and
        its number alone, not on what else is asked: a run that was killed asks for the rest.
        """

    def describe(self) -> dict[str, Any]:
        """The inner model's record, its usage included, under this one's name, and the settings."""
        return {**self.inner.describe(), "name": self.name, "decoding": type(self).__name__, **self.settings}


def made_of(text: str, last: Completion, parts: Sequence[Completion]) -> Completion:
    """A completion that says ``text`` and ended as ``last`` did, with the tokens of all ``parts``; as
    ``scores["calls"]`` how many calls of models they took."""
    tokens = [part.tokens for part in parts if part.tokens is not None]
    prompts = [part.prompt_tokens for part in parts if part.prompt_tokens is not None]
    return Completion(
        text=text,
        finish=last.finish,
        error=last.error,
        tokens=sum(tokens) if tokens else None,
        prompt_tokens=sum(prompts) if prompts else None,
        scores={"calls": sum(map(calls, parts))},
    )


def calls(part: Completion) -> float:
    """How many calls of a model a completion took: one, but for those that a strategy has counted."""
    return (part.scores or {}).get("calls", 1.0)
