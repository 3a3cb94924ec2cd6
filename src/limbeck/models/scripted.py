"""A model that says what it is told: for tests, documentation and rehearsing a recipe without a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from limbeck.errors import LimbeckError
from limbeck.models.base import Completion, Messages, Model, Sampling
from limbeck.types import InputFile


def scripted(*, replies: dict = {}, file: InputFile = "", fail_every: int = 0) -> Model:  # type: ignore[assignment]  # noqa: B006 read as configuration, never changed
    """Answer from a script, deterministically.

    Args:
        replies: by question; a text, or a list taken in turn by sample number. ``*`` answers everything else, with
            ``{question}`` replaced.
        file: the same as a JSON or YAML file.
        fail_every: every so many completions fail (``finish="error"``), to see what a recipe does then.

    Raises:
        LimbeckError: the file holds no mapping; a question without a reply when it is asked.
    """
    if file:
        import yaml

        try:
            replies = {**yaml.safe_load(Path(file).read_text(encoding="utf-8")), **replies}
        except (TypeError, ValueError, yaml.YAMLError) as error:
            raise LimbeckError(
                f"models/scripted: {file} holds no mapping from questions to replies: {error}"
            ) from error
    return Scripted(replies, fail_every)


class Scripted(Model):
    """The model behind `scripted`. Tokens are counted as words; a reply longer than ``max_tokens`` words is cut off."""

    def __init__(self, replies: dict[str, Any], fail_every: int = 0) -> None:
        self.name, self.replies, self.fail_every = "scripted", replies, fail_every
        self.asked = 0

    def stream(self, prompts: Sequence[Messages], sampling: Sampling) -> Iterator[tuple[int, int, Completion]]:
        for index, messages in enumerate(prompts):
            for sample in range(sampling.n):
                self.asked += 1
                if self.fail_every and self.asked % self.fail_every == 0:
                    yield index, sample, Completion(text="", finish="error", error="scripted failure")
                else:
                    yield index, sample, self._reply(messages[-1]["content"], sample, sampling)

    def _reply(self, question: str, sample: int, sampling: Sampling) -> Completion:
        known = self.replies.get(question, self.replies.get("*"))
        if known is None:
            raise LimbeckError(f"models/scripted: no reply to {question[:80]!r}; give one, or one for '*'")
        text = str(known[sample % len(known)] if isinstance(known, list) else known).replace("{question}", question)
        words = text.split(" ")
        cut = len(words) > sampling.max_tokens
        text = " ".join(words[: sampling.max_tokens]) if cut else text
        count = min(len(words), sampling.max_tokens)
        return Completion(text=text, finish="length" if cut else "stop", tokens=count)

    def score(
        self, prompts: Sequence[Messages], completions: Sequence[str], ended: Sequence[bool] | None = None
    ) -> list[list[float]]:
        """Minus one nat for every word."""
        return [[-1.0] * len(text.split(" ")) for text in completions]

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "replies": len(msgspec.to_builtins(self.replies))}
