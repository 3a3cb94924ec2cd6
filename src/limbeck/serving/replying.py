"""Completions as OpenAI's interface writes them: whole replies, and the chunks of a stream."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from limbeck.generation import Completion
from limbeck.models.shared import HALF

Json = dict[str, Any]


class Form:
    """How one request is answered: ids, names, and whether as a chat.

    Args:
        token: a token's text by its id, for models that know ids.
        n: samples of each prompt.
    """

    def __init__(self, model: str, chat: bool, token: Callable[[int], str] | None, n: int) -> None:
        self.chat, self.token, self.n = chat, token, n
        self.id = f"{'chatcmpl' if chat else 'cmpl'}-{uuid.uuid4().hex}"
        self.head = {"id": self.id, "created": int(time.time()), "model": model}
        self.object = "chat.completion" if chat else "text_completion"

    def reply(self, completions: Sequence[Completion]) -> Json:
        """All completions, in the order of prompts and samples."""
        choices = []
        for index, each in enumerate(completions):
            text: Json = {"message": {"role": "assistant", "content": each.text, "refusal": None}}
            choices.append(self._choice(index, text if self.chat else {"text": each.text}, each))
        return {**self.head, "object": self.object, "choices": choices, "usage": self.usage(completions)}

    def chunk(self, index: int, text: str, first: bool, last: Completion | None = None) -> Json:
        """A piece of a choice's text; the last one brings how it ended and its log-probabilities."""
        delta = {**({"role": "assistant"} if first else {}), **({"content": text} if text or first else {})}
        choice = self._choice(index, {"delta": delta} if self.chat else {"text": text}, last)
        return self._chunk([choice])

    def last_chunk(self, completions: Sequence[Completion]) -> Json:
        """The one that counts tokens."""
        return {**self._chunk([]), "usage": self.usage(completions)}

    def _chunk(self, choices: list[Json]) -> Json:
        kind = "chat.completion.chunk" if self.chat else self.object
        return {**self.head, "object": kind, "choices": choices}

    def _choice(self, index: int, text: Json, ended: Completion | None) -> Json:
        finish = ended.finish if ended is not None and ended.finish != "unknown" else None
        logprobs = self._logprobs(ended) if ended is not None else None
        return {"index": index, **text, "logprobs": logprobs, "finish_reason": finish}

    def usage(self, completions: Sequence[Completion]) -> Json | None:
        """Tokens of each prompt once, and of all samples; None where the model does not count."""
        written = [each.tokens for each in completions if each.tokens is not None]
        if len(written) < len(completions):
            return None
        read = [each.prompt_tokens for each in completions[:: self.n]]
        prompts = None if None in read else sum(count or 0 for count in read)
        total = sum(written) + (prompts or 0)
        return {"prompt_tokens": prompts, "completion_tokens": sum(written), "total_tokens": total}

    def _logprobs(self, done: Completion) -> Json | None:
        """Log-probabilities of all tokens, that of the end among them, with the alternatives where asked
        for."""
        if done.logprobs is None:
            return None
        tops = done.tops or [("", {})] * len(done.logprobs)
        tokens = [token for token, _ in tops]
        if done.tops is None and done.ids is not None and self.token is not None:
            tokens = list(map(self.token, done.ids))
        if not self.chat:
            # The token itself is always among them, as OpenAI has it; an echo's first one has none.
            pairs = zip(tops, done.logprobs, strict=True)
            others = [{token: logp} | top if top else None for (token, top), logp in pairs]
            told = {"tokens": tokens, "token_logprobs": done.logprobs}
            return {**told, "top_logprobs": others if done.tops is not None else None}
        content = []
        for token, logp, (_, top) in zip(tokens, done.logprobs, tops, strict=True):
            others = [_entry(other, value) for other, value in top.items()]
            content.append({**_entry(token, logp), "top_logprobs": others})
        return {"content": content, "refusal": None}


def _entry(token: str, logp: float) -> Json:
    """A token's own; half a character has no bytes that its text would tell."""
    return {"token": token, "logprob": logp, "bytes": None if HALF in token else list(token.encode())}
