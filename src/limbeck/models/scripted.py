"""A model that says what it is told: for tests, documentation and rehearsing a recipe without a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from limbeck.errors import LimbeckError, nearest
from limbeck.generation import Completion, Messages, Model, Sampling
from limbeck.models._replying import Replying
from limbeck.types import InputFile

GIVES = ("text", "prefix", "logprobs", "tops", "score")  # whatever of it the script's replies hold

Script = Mapping[str, Any] | Sequence[Any] | Callable[[Messages, int], Any]
"""Replies by question, or by sample number alone, or a function of both."""


def scripted(
    *,
    replies: dict[Any, Any] | list[Any] = {},  # noqa: B006 read as configuration, never changed
    file: InputFile = "",  # type: ignore[assignment]
    fail_every: int = 0,
) -> Model:
    """Answer from a script, deterministically.

    A reply is a text, in which ``{question}`` is replaced, or a mapping such as ``{text: …, finish: length}``
    with the fields of a completion.

    Args:
        replies: by question: a reply, or a list of replies taken in turn by sample number; ``*`` answers
            everything else. A bare list answers every question.
        file: the same as a JSON or YAML file, or JSONL with rows of ``question`` and ``reply`` (rows with the
            same question are taken in turn).
        fail_every: every so many completions fail (``finish="error"``), to see what a recipe does then.

    Raises:
        LimbeckError: the file is no script; a question without a reply when it is asked.
    """
    if file:
        read = _read(Path(file))
        if isinstance(replies, dict) and isinstance(read, dict):
            replies = {**read, **replies}
        else:
            replies = replies or read
    return Scripted(replies, fail_every)


class Scripted(Replying):
    """The model behind `scripted`. Tokens are counted as words; a text longer than ``max_tokens`` words is
    cut off.

    Args:
        replies: a script as in `scripted`, or a function from messages and sample number to a reply.
    """

    def __init__(self, replies: Script, fail_every: int = 0) -> None:
        self.name, self.replies, self.fail_every = "scripted", replies, fail_every

    def complete(self, messages: Messages, number: int, sampling: Sampling) -> Completion:
        """What the script says, or a failure where one is due."""
        if self.fail_every and self.asked % self.fail_every == 0:
            return Completion(text="", finish="error", error="scripted failure")
        question = messages[-1]["content"]
        known = self.replies
        if callable(known):
            known = known(messages, number)
        elif isinstance(known, Mapping):
            if question not in known and "*" not in known:
                hint = nearest(question, map(str, known))
                raise LimbeckError(
                    f"models/scripted: no reply to {question[:80]!r}; give one, or one for '*'{hint}"
                )
            known = known.get(question, known.get("*"))
        if isinstance(known, Sequence) and not isinstance(known, str):
            known = known[number % len(known)] if known else ""
        if isinstance(known, Completion):
            return known
        fields = dict(known) if isinstance(known, Mapping) else {"text": known}
        text = str(fields.get("text", "")).replace("{question}", question)
        words = text.split(" ")
        cut = len(words) > sampling.max_tokens
        plain = {
            "finish": "length" if cut else "stop",
            "tokens": min(len(words), sampling.max_tokens),
            **fields,
            "text": " ".join(words[: sampling.max_tokens]),
        }
        try:
            return msgspec.convert(plain, Completion)
        except msgspec.ValidationError as error:
            raise LimbeckError(
                f"models/scripted: the reply to {question[:80]!r} is no completion: {error}"
            ) from error

    def score(
        self, prompts: Sequence[Messages], completions: Sequence[str], ended: Sequence[bool] | None = None
    ) -> list[list[float]]:
        """Minus one nat for every word, and for every end."""
        ends = ended or [False] * len(completions)
        return [[-1.0] * (len(text.split(" ")) + end) for text, end in zip(completions, ends, strict=True)]

    def describe(self) -> dict[str, Any]:
        size = len(self.replies) if isinstance(self.replies, Collection) else "a function"
        return {**super().describe(), "replies": size}


def _read(path: Path) -> dict[str, Any] | list[Any]:
    """A script from a file."""
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            replies: dict[str, Any] = {}
            for line in filter(str.strip, text.splitlines()):
                row = json.loads(line)
                replies.setdefault(row["question"], []).append(row["reply"])
            return replies
        read = yaml.safe_load(text)
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise LimbeckError(
            f"models/scripted: {path} is no script: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(read, dict | list):
        raise LimbeckError(
            f"models/scripted: {path} holds no mapping from questions to replies, nor a list of replies"
        )
    # YAML reads a question such as 12 as a number.
    return {str(question): reply for question, reply in read.items()} if isinstance(read, dict) else read
