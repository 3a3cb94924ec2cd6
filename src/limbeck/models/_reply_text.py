"""The text of a chat message, with its thought in front, wherever a server put the two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from limbeck.texts.tags import KINDS

THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
"""Where a message keeps a thought beside its content; several of them hold the same one, so the first counts.
"""

INSIDE = ("text", "output_text", "thinking", "reasoning", "summary", "content", "value")
"""Where a part of a content keeps its text."""

_DEPTH = 6
"""How deep parts may lie in parts: real ones are three deep at most."""

_TAGS = {tags.opening: tags.closing for tags in KINDS.values() if not tags.opening[0].isalpha()}
_OPENING, _CLOSING = KINDS["think"][:2]


def whole(text: str) -> str:
    """A text that can be written: a lone half of a character in UTF-16, as servers leave that cut an emoji
    in two, becomes U+FFFD; two halves side by side are one character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def message_text(message: Mapping[str, Any], cut_off: bool) -> str:
    """What the model wrote: its thought in think tags, then its text.

    Args:
        cut_off: whether the token limit ended it: a thought without a text behind it is then left open.
    """
    thought, text = _parts(message.get("content"))
    text = text or _text(message.get("refusal"))
    beside = (_text(message.get(name)) for name in THOUGHTS)
    thought = thought or next(filter(None, beside), "")
    return whole(_joined(thought, text, cut_off))


def _parts(content: Any) -> tuple[str, str]:
    """``(thought, text)`` of a content: a text, a number, a part or a list of parts."""
    thoughts: list[str] = []
    texts: list[str] = []
    for part in content if isinstance(content, list) else [content]:
        kind = part.get("type") if isinstance(part, dict) else ""
        kind = kind if isinstance(kind, str) else ""
        into = thoughts if "thinking" in kind or "reasoning" in kind else texts
        into.append(_text(part))
    return "".join(thoughts), "".join(texts)


def _text(value: Any, depth: int = 0) -> str:
    """All text in a value; a number is the text that it was in the reply's JSON."""
    if isinstance(value, str):
        return value
    if value is None or depth > _DEPTH:
        return ""
    if isinstance(value, list):
        return "".join(_text(part, depth + 1) for part in value)
    if isinstance(value, dict):
        texts = (_text(value[name], depth + 1) for name in INSIDE if name in value)
        return next(filter(None, texts), "")
    return json.dumps(value)


def _joined(thought: str, text: str, cut_off: bool) -> str:
    """A thought in tags before its text, unless the text holds it itself."""
    if not thought.strip():
        return text
    if opening := next((tag for tag in _TAGS if text.lstrip().startswith(tag)), ""):
        inner, closed, rest = text.lstrip().removeprefix(opening).partition(_TAGS[opening])
        if inner.strip() or not closed:
            return text
        text = rest.lstrip()  # tags around nothing: the thought was taken out of them
    # The opening tag may have been in the prompt.
    inner, closed, rest = text.partition(_CLOSING)
    if closed and inner.strip() == thought.strip():
        return _OPENING + text
    if cut_off and not text:
        return _OPENING + thought
    return f"{_OPENING}{thought}{_CLOSING}{text}"
