"""Every completion is on disk before it is used: a killed run asks again only for what was in flight."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Messages, Model, Sampling

if TYPE_CHECKING:
    from limbeck.networks.steering import Steering


class Entry(Struct):
    """One line: which sample was asked for, and what came back."""

    key: str
    completion: Completion


class Key(Struct):
    """As much of a line as finding it again needs."""

    key: str


class Journal(Model):
    """A model that remembers. Samples found in the journal are replayed, only the others are asked, and
    written down.

    A sample is known by the model's name, its messages, its sampling settings (without ``n``, so that more
    samples can be added) and its number. Failed requests are written nowhere: they are asked again.

    Args:
        inner: the model that is asked.
        path: a JSONL file, one completion a line, each flushed before it is handed on; made when first
            needed.
    """

    def __init__(self, inner: Model, path: Path) -> None:
        self.inner, self.path, self.name = inner, Path(path), inner.name
        self.entries, self.keys = msgspec.json.Decoder(Entry), msgspec.json.Decoder(Key)
        self.encoder = msgspec.json.Encoder()
        self.places: dict[str, int] | None = None

    def _index(self) -> dict[str, int]:
        """Where each known completion's line begins. A torn last line is cut off, a damaged one skipped."""
        if self.places is not None:
            return self.places
        # Places alone are kept: completions of a long run would not fit into memory.
        self.places, end = {}, 0
        if not self.path.exists():
            return self.places
        with self.path.open("rb+") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    file.truncate(end)
                    break
                with suppress(msgspec.DecodeError):
                    self.places[self.keys.decode(line).key] = end
                end += len(line)
        return self.places

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
        places = self._index()
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
        if not known:
            return
        with self.path.open("rb") as file:
            # In the order of the file, which is read once from front to back.
            for place, prompt, number in sorted(known):
                file.seek(place)
                yield prompt, number, self.entries.decode(file.readline()).completion

    def _ask(
        self, prompts: Sequence[Messages], keys: list[str], missing: list[list[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        places = self._index()
        wanted = left = sum(len(numbers) for numbers in missing)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab", buffering=0) as file:
            for prompt, number, completion in self.inner.stream_some(prompts, missing, sampling):
                key = f"{keys[prompt]}-{number}"
                # Two prompts may be alike: what one of them got is written once.
                if completion.finish != "error" and key not in places:
                    place = file.tell()
                    self._write(file, self.encoder.encode(Entry(key, completion)) + b"\n")
                    places[key] = place
                left -= 1
                yield prompt, number, completion
        if left > 0:  # a stage with fewer samples than it asked for would pass for a whole one
            raise LimbeckError(f"model {self.name!r} gave {wanted - left} of {wanted} samples asked for")

    def _write(self, file: FileIO, line: bytes) -> None:
        """One line in one system call, so that a kill of this process tears nothing that was handed on."""
        try:
            done = file.write(line)
        except OSError as error:
            raise LimbeckError(f"cannot write {self.path}: {error}; what it holds is kept") from error
        if done != len(line):
            # The torn line is cut off when the journal is read again.
            self.places = None
            raise LimbeckError(f"cannot write {self.path}: the disk is full; what it holds is kept")

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
