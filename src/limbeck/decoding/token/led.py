"""A thought begun in a language, so that the model goes on in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from limbeck.decoding.ops import Decoded
from limbeck.errors import LimbeckError, nearest
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.pipeline.estimates import Counts
from limbeck.texts.languages import BEGINNINGS, language

MODEL_WANTS = ("prefix",)


def led(*, model: Model, language: str = "", opening: str = "<think>\n", begins: str = "") -> Model:
    """Put the first words of a thought in a language into the model's mouth and let it go on.

    Prompt hacking of arXiv 2505.22888, where asking for a language is often not enough.

    Args:
        model: one that continues what an assistant has begun.
        language: of the thought; empty takes each question's own, and leaves a question alone whose language
            nobody can tell.
        opening: what stands before these words; empty where the prompt opens the thought.
        begins: the words; empty takes those of `limbeck.texts.languages.BEGINNINGS`.

    Returns:
        A model whose completions begin with the opening and these words.

    Raises:
        LimbeckError: a language without words of its own, and none given.
    """
    precheck({"language": language, "begins": begins})
    return Led(model, language, opening, begins)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned: what cannot work costs no stage before it."""
    name = given["language"]
    if name and not given["begins"] and name not in BEGINNINGS:
        hint = nearest(name, BEGINNINGS)
        raise LimbeckError(f"decoding/led: language={name!r} has no beginning of its own; give begins{hint}")


def estimate(counts: Counts, params: dict[str, Any]) -> Counts:
    """For a dry run: what the model is asked is what was asked."""
    spent = ("samples", "prompt_tokens", "max_tokens")
    return {key: counts[key] for key in spent if key in counts}


class Led(Decoded):
    """The model behind `led`."""

    def __init__(self, inner: Model, language: str, opening: str, begins: str) -> None:
        super().__init__(inner, language=language, opening=opening, begins=begins)
        self.language, self.opening, self.begins = language, opening, begins

    def stream_some(
        self, prompts: Sequence[Messages], wanted: Sequence[Collection[int]], sampling: Sampling
    ) -> Iterator[tuple[int, int, Completion]]:
        """The inner model's samples behind their beginnings; log-probabilities are of its own part."""
        begun = [self._beginning(messages) for messages in prompts]
        chats: list[Messages] = []
        for messages, words in zip(prompts, begun, strict=True):
            chats.append([*messages, {"role": "assistant", "content": words}] if words else messages)
        for index, number, completion in self.inner.stream_some(chats, wanted, sampling):
            yield index, number, replace(completion, text=begun[index] + completion.text)

    def _beginning(self, messages: Messages) -> str:
        if messages[-1]["role"] == "assistant":
            raise LimbeckError("decoding/led: the chat has a beginning of its own already")
        words = self.begins or BEGINNINGS.get(self.language or language(messages[-1]["content"]), "")
        return self.opening + words if words else ""
