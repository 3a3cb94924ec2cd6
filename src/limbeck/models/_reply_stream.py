"""Replies of endpoints that only stream: server-sent events, gathered into the reply they add up to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

Loads = Callable[[str], Any]
_LINE_END = re.compile("\r\n|\r|\n")  # as the standard has it: str.splitlines would cut within texts


def is_stream(kind: str, text: str) -> bool:
    """Whether a body is a stream of events, by its content type or its first line."""
    start = text[:64].lstrip()
    return start.startswith(("data:", "event:", ":")) or (
        kind == "text/event-stream" and not start.startswith(("{", "["))
    )


def gathered(text: str, loads: Loads) -> tuple[dict[str, Any], bool]:
    """The reply that a stream's chunks add up to, and whether it came to its end.

    Raises:
        Whatever ``loads`` raises for an event that cannot be read.
    """
    reply: dict[str, Any] = {}
    choice: dict[str, Any] = {"message": {}}
    ended = False
    for event in _events(text):
        if event == "[DONE]":
            ended = True
            break
        chunk = loads(event)
        if not isinstance(chunk, dict):
            continue
        reply |= {name: value for name, value in chunk.items() if name != "choices" and value}
        choices = chunk.get("choices")
        for part in choices if isinstance(choices, list) else []:
            if isinstance(part, dict) and part.get("index") in (0, None):
                reply["choices"] = [choice]
                _add(choice, part)
    return reply, bool(ended or choice.get("finish_reason") or choice.get("error"))


def _events(text: str) -> Iterator[str]:
    """The data of each event (https://html.spec.whatwg.org/multipage/server-sent-events.html): lines of one
    event are joined, comments and other fields are passed over."""
    data: list[str] = []
    for line in [*_LINE_END.split(text), ""]:
        name, _, value = line.partition(":")
        if name == "data":
            data.append(value.removeprefix(" "))
        elif not line and data:
            event, data = "\n".join(data).strip(), []
            if event:
                yield event


def _add(choice: dict[str, Any], part: dict[str, Any]) -> None:
    """A chunk's choice added to what came before it."""
    # Some servers send the whole message behind its pieces: it takes their place.
    if isinstance(part.get("message"), dict):
        choice["message"] = dict(part["message"])
    delta = part.get("delta")
    for name, value in delta.items() if isinstance(delta, dict) else []:
        choice["message"][name] = _both(choice["message"].get(name), value)
    if isinstance(part.get("text"), str):
        choice["text"] = choice.get("text", "") + part["text"]
    if isinstance(part.get("logprobs"), dict):
        listed = choice.setdefault("logprobs", {})
        for name, value in part["logprobs"].items():
            listed[name] = _both(listed.get(name), value)
    for name in ("finish_reason", "error"):
        choice[name] = part.get(name) or choice.get(name)


def _both(before: Any, value: Any) -> Any:
    """Two pieces of one field: texts are joined, a list and a text are a list of parts."""
    if not before or value is None:
        return value if value is not None else before
    if isinstance(before, str) and isinstance(value, str):
        return before + value
    if isinstance(before, str | list) and isinstance(value, str | list):
        return [*_listed(before), *_listed(value)]
    return value


def _listed(value: str | list[Any]) -> list[Any]:
    return value if isinstance(value, list) else [value]
