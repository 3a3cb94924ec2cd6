"""What procedures of several requests share: each sample's first reply leads to its second request."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.decoding.ops import Decoded, made_of
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts, asked, prompt
from limbeck.texts.tags import behind_thought

FAILED = ("error", "length")


class TwoSteps(Decoded):
    """A question rewritten, then answered, sample by sample.

    Args:
        ask: the first request, from the question.
        put: the second one, from the question and the first reply.
        most: most new tokens of the first reply.
    """

    def __init__(
        self,
        inner: Model,
        ask: Callable[[str], str],
        put: Callable[[str, str], str],
        most: int,
        **settings: Any,
    ) -> None:
        super().__init__(inner, **settings)
        self.ask, self.put, self.most = ask, put, most

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The wanted samples; each is rewritten under its own number, so that they differ in that too."""
        firsts = [with_content(chat, self.ask(question(chat))) for chat in prompts]
        plain = replace(sampling, logprobs=False, top=0)
        chats: list[Messages] = []
        places: list[tuple[int, int, Completion]] = []
        drawn = replace(plain, max_tokens=self.most)
        for index, number, first in self.inner.stream_some(firsts, wanted, drawn):
            if first.finish in FAILED:
                yield index, number, made_of("", first, [first])
                continue
            told = behind_thought(first.text)[1].strip()
            chats.append(with_content(prompts[index], self.put(question(prompts[index]), told)))
            places.append((index, number, first))
        numbers = [[number] for _, number, _ in places]
        for place, _, answer in self.inner.stream_some(chats, numbers, plain):
            index, number, first = places[place]
            yield index, number, made_of(answer.text, answer, [first, answer])


def question(chat: Messages) -> str:
    """The last message's text."""
    return chat[-1]["content"]


def with_content(chat: Messages, content: str) -> Messages:
    """The chat with another last message of the user's."""
    return [*chat[:-1], {**chat[-1], "content": content}]


def twice(counts: Counts, around: str, most: int) -> Counts:
    """For a dry run: a first request of at most ``most`` new tokens, and the one that was asked for."""
    samples = counts.get("samples", 0)
    first = asked(samples, prompt(counts, around), most)
    spent: Counts = {key: counts[key] for key in ("samples", "prompt_tokens", "max_tokens") if key in counts}
    return {key: value + first.get(key, 0) for key, value in spent.items()}
