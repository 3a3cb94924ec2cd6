"""Models of this process that answer one prompt at a time, without a network: scripts and rehearsals."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence

from limbeck.generation import Completion, Messages, Model, Sampling


class Replying(Model):
    """A model that is one function from a chat, a sample's number and the sampling to a completion.

    ``asked`` counts the completions asked for.
    """

    asked = 0

    @abstractmethod
    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """The completion of a chat under a sample's number."""

    def stream(
        self, prompts: Sequence[Messages], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """All replies in order."""
        return self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted replies in order."""
        for index, (messages, numbers) in enumerate(zip(prompts, wanted, strict=True)):
            for number in numbers:
                self.asked += 1
                yield index, number, self.complete(messages, number, sampling)
