"""What an OpenAI-compatible endpoint's reply says, as a completion."""

from __future__ import annotations

from typing import Any

from limbeck.errors import LimbeckError
from limbeck.generation import Completion, Sampling
from limbeck.records import Finish

FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "max_tokens": "length",
    "content_filter": "error",
}


def completion(reply: dict[str, Any], sampling: Sampling) -> Completion:
    """The first choice. A reasoning parser's ``reasoning_content`` is joined back in front of the answer."""
    choice = reply["choices"][0]
    message = choice["message"]
    thought = message.get("reasoning_content") or message.get("reasoning") or ""
    text = message.get("content") or ""
    reason = choice.get("finish_reason")
    if thought:
        # A thought that was cut off never reached its closing tag.
        text = f"<think>{thought}" if reason == "length" and not text else f"<think>{thought}</think>{text}"
    logprobs = tops = None
    if sampling.logprobs or sampling.top:
        listed = (choice.get("logprobs") or {}).get("content")
        if listed is None:
            raise LimbeckError("the endpoint sent no log-probabilities though asked to")
        logprobs = [token["logprob"] for token in listed]
        if sampling.top:
            tops = [(token["token"], _alternatives(token)) for token in listed]
    usage = reply.get("usage") or {}
    return Completion(
        text=text,
        finish=FINISHES.get(reason, "unknown"),
        logprobs=logprobs,
        tops=tops,
        tokens=usage.get("completion_tokens"),
        prompt_tokens=usage.get("prompt_tokens"),
        error="content filter" if reason == "content_filter" else "",
    )


def _alternatives(token: dict[str, Any]) -> dict[str, float]:
    """The likeliest tokens at a token's place, with their log-probabilities."""
    return {other["token"]: other["logprob"] for other in token.get("top_logprobs") or []}
