"""Every completion is on disk before it is used: a killed run asks again only for what was in flight."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from limbeck.models.base import Completion, Messages, Model, Sampling


class Entry(Struct):
    """One line: which request, and what came back."""

    key: str
    completion: Completion


class Journal(Model):
    """A model that remembers. Requests found in the journal are replayed, the others asked and written down.

    A request is known by its messages, its sampling settings (without ``n``, so that more samples can be added) and its
    sample number. Failed requests are written nowhere: they are asked again.
    """

    def __init__(self, inner: Model, path: Path) -> None:
        self.inner, self.path, self.name = inner, path, inner.name
        self.decoder, self.encoder = msgspec.json.Decoder(Entry), msgspec.json.Encoder()

    def _read(self) -> dict[str, Completion]:
        """What is known; a last line torn by a kill is cut off."""
        known: dict[str, Completion] = {}
        if not self.path.exists():
            return known
        whole = 0
        with self.path.open("rb") as file:
            for line in file:
                try:
                    entry = self.decoder.decode(line)
                except msgspec.DecodeError:
                    break
                if not line.endswith(b"\n"):
                    break
                known[entry.key] = entry.completion
                whole += len(line)
        with self.path.open("rb+") as file:
            file.truncate(whole)
        return known

    def _key(self, messages: Messages, sampling: Sampling) -> str:
        settings = msgspec.structs.replace(sampling, n=1)
        content = self.encoder.encode([self.name, messages, settings])
        return hashlib.blake2b(content, digest_size=16).hexdigest()

    def stream(self, prompts: Sequence[Messages], sampling: Sampling) -> Iterator[tuple[int, int, Completion]]:
        """Known completions first, then new ones as they come, each written before it is handed on."""
        known = self._read()
        keys = [self._key(messages, sampling) for messages in prompts]
        missing: list[int] = []
        for prompt, key in enumerate(keys):
            found = [known.get(f"{key}-{sample}") for sample in range(sampling.n)]
            if any(completion is None for completion in found):
                missing.append(prompt)
            for sample, completion in enumerate(found):
                if completion is not None:
                    yield prompt, sample, completion
        if not missing:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            for place, sample, completion in self.inner.stream([prompts[index] for index in missing], sampling):
                prompt = missing[place]
                if f"{keys[prompt]}-{sample}" in known:
                    continue
                if completion.finish != "error":
                    file.write(self.encoder.encode(Entry(f"{keys[prompt]}-{sample}", completion)) + b"\n")
                    file.flush()
                yield prompt, sample, completion

    def score(
        self, prompts: Sequence[Messages], completions: Sequence[str], ended: Sequence[bool] | None = None
    ) -> list[list[float]]:
        """Handed to the model; nothing is paid for, nothing is written."""
        return self.inner.score(prompts, completions, ended)

    def describe(self) -> dict[str, Any]:
        return self.inner.describe()
