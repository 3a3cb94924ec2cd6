"""Every completion is on disk before it is used: a killed run asks again only for what was in flight."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._journal_file import Entry, JournalFile, encoded, entries, pack, packed

__all__ = ["Entry", "Journal", "entries", "holds", "pack"]

if TYPE_CHECKING:
    from limbeck.networks.steering import Steering


class Journal(Model):
    """A model that remembers. Samples found in the journal are replayed, only the others are asked, and
    written down.

    A sample is known by the model's name, its messages, its sampling settings (without ``n``, so that more
    samples can be added) and its number. Failed requests are written nowhere: they are asked again.

    A completion that would not come back as it is, for a number that is none, becomes a failed request too. A
    line that cannot be read again costs itself alone: it is asked again, and said.

    Args:
        inner: the model that is asked.
        path: a JSONL file, one completion a line, each flushed before it is handed on; made when first
            needed. Beside it lie packed ones of what it held before.
        log: is told of lines that cannot be read.

    Attributes:
        replayed: requests that it spared, and their tokens.
    """

    def __init__(self, inner: Model, path: Path, log: Callable[[str], None] | None = None) -> None:
        self.inner, self.path, self.name, self.log = inner, Path(path), inner.name, log
        self.encoder = msgspec.json.Encoder()
        self.replayed = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0}

    @cached_property
    def lines(self) -> JournalFile:
        """What the journal holds, read when first needed."""
        lines = JournalFile(self.path)
        if lines.unread and self.log:
            reasons = "; ".join(f"{count:,} × {reason}" for reason, count in lines.unread.most_common(3))
            self.log(f"{self.path.name}: {lines.unread.total():,} unreadable, asked again: {reasons}")
        return lines

    def _key(self, messages: Messages, sampling: Sampling) -> str:
        # Fields of `Sampling` at their defaults are left out of the encoding, so a new one keeps old keys.
        settings = msgspec.structs.replace(sampling, n=1)
        content = self.encoder.encode([self.name, messages, settings])
        return hashlib.blake2b(content, digest_size=16).hexdigest()

    def stream(
        self, prompts: Sequence[Messages], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """Known completions first, then new ones as they come."""
        return self.stream_some(prompts, [range(sampling.n)] * len(prompts), sampling)

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """What is known of the wanted samples, then new ones as they come, each written before it is handed
        on."""
        places = self.lines.places
        keys = [self._key(messages, sampling) for messages in prompts]
        missing: list[list[int]] = [[] for _ in prompts]
        known: list[tuple[int, int, int]] = []
        for prompt, numbers in enumerate(wanted):
            for number in numbers:
                place = places.get(f"{keys[prompt]}-{number}")
                if place is None:
                    missing[prompt].append(number)
                else:
                    known.append((place, prompt, number))
        yield from self._replay(known)
        if any(missing):
            yield from self._ask(prompts, keys, missing, sampling)

    def _replay(self, known: list[tuple[int, int, int]]) -> Iterator[tuple[int, int, Completion]]:
        known.sort()
        entries = self.lines.entries([place for place, _, _ in known])
        for (_, prompt, number), entry in zip(known, entries, strict=True):
            self.replayed["requests"] += 1
            self.replayed["prompt_tokens"] += entry.completion.prompt_tokens or 0
            self.replayed["completion_tokens"] += entry.completion.tokens or 0
            yield prompt, number, entry.completion

    def _ask(
        self, prompts: Sequence[Messages], keys: list[str], missing: list[list[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        wanted = left = sum(len(numbers) for numbers in missing)
        try:
            for prompt, number, completion in self.inner.stream_some(prompts, missing, sampling):
                left -= 1
                yield prompt, number, self._kept(f"{keys[prompt]}-{number}", completion)
        finally:
            self.lines.close()
        if left > 0:  # a stage with fewer samples than it asked for would pass for a whole one
            raise LimbeckError(f"model {self.name!r} gave {wanted - left} of {wanted} samples asked for")

    def _kept(self, key: str, completion: Completion) -> Completion:
        """A completion, written down unless it failed; one that cannot be written has failed."""
        # Two prompts may be alike: what one of them got is written once.
        if completion.finish == "error" or key in self.lines.places:
            return completion
        try:
            line = encoded(key, completion)
        except ValueError as error:
            return Completion(text="", finish="error", error=f"the journal cannot keep it: {error}")
        self.lines.add(key, line)
        return completion

    def score(
        self, prompts: Sequence[Messages], completions: Sequence[str], ended: Sequence[bool] | None = None
    ) -> list[list[float]]:
        """Handed to the model; nothing is paid for, nothing is written."""
        return self.inner.score(prompts, completions, ended)

    def continue_ids(
        self, prompts: Sequence[Sequence[int]], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """Handed to the model: a rollout belongs to weights that are gone after the step."""
        return self.inner.continue_ids(prompts, wanted, sampling)

    def sync(self, student: Any) -> None:
        """Handed to the model."""
        self.inner.sync(student)

    def steered(self, steering: Steering) -> Model:
        """The model steered, without a journal, whose keys could not tell one steering from another."""
        return self.inner.steered(steering)

    def describe(self) -> dict[str, Any]:
        return self.inner.describe()


def holds(path: Path) -> bool:
    """Whether a journal holds anything yet."""
    return bool(packed(path)) or (path.exists() and path.stat().st_size > 0)
