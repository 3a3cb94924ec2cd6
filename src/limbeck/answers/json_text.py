"""JSON, and lines of data, in what a model wrote."""

from __future__ import annotations

import json
import re
from typing import Any

from limbeck.texts.fences import blocks

_LONGEST, _DEEPEST = 100_000, 100
NONE = object()
"""What is returned where there is no value; None is JSON's null."""
_NO_JSON = re.compile(r"\{(?!\s*\")|\[[^\[\]{}\"]*\)")
"""A brace without a key behind it, and an interval: they may stay open, and what follows is not inside
them."""
_OPENS = re.compile(r"[\[{]")
_MAY_BE = re.compile(r"\{\s*[\"}]|\[\s*[\[\]{\"\dtfn-]")
_COMMAND = re.compile(r"\\[a-zA-Z]{1,20}\s?$")
_RETRACTS = re.compile(r"\b(?:wait|actually|correct(?:ion|ed)|final(?:ly)?|instead|mistake|wrong)\b", re.I)
_SENTENCE = re.compile(
    r"(?!.*\b(?:not|wrong|actually|wait|also|plus|except)\b)[A-Z][\w',()-]*(?:\s+\S+)+[.!]", re.I
)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key appears twice")
    return made


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:40]} is too large")
    return value


_DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_object, parse_float=_finite)


def load(text: str) -> Any:
    """The value of a whole text, or `NONE`; duplicate keys, NaN and nesting deeper than 100 are no value."""
    try:
        return _shallow(_DECODER.decode(text.strip()))
    except (ValueError, RecursionError):
        return NONE


def _shallow(value: Any) -> Any:
    """The value itself; ValueError where it is nested too deeply to be walked through."""
    level = [value]
    for _ in range(_DEEPEST):
        below: list[Any] = []
        for part in level:
            if isinstance(part, dict | list):
                below += part.values() if isinstance(part, dict) else part
        if not below:
            return value
        level = below
    raise ValueError("nested too deeply")


def final(text: str) -> str:
    """What stands behind the thinking, at most the last 100,000 characters."""
    if "</think>" in text:
        text = text[text.rindex("</think>") + 8 :]
    return text[-_LONGEST:]


def last_value(text: str, kind: type | None = None) -> Any:
    """The answer among the objects and arrays of a text, or `NONE`.

    It is the last one in the last fenced block, unless words behind the block take that back; otherwise the
    last one of ``kind``, or simply the last. Only the last 100,000 characters count.
    """
    text = final(text)
    fences = [(body, end) for body, end in _fenced(text) if values(body)]
    if fences and not _RETRACTS.search(text, fences[-1][1]):
        text = fences[-1][0]
    listed = values(text)
    wanted = [value for value in listed if kind and isinstance(value, kind)] or listed
    return wanted[-1] if wanted else NONE


def values(text: str) -> list[Any]:
    """The objects and arrays that stand in a text by themselves, in order.

    What is in brackets and no JSON is passed over as a whole: a part of it is not what was answered. JSON
    that is cut off at the end of the text leaves no value at all, for it may have been meant to replace those
    before.
    """
    closing = _closing(text)
    listed, position = [], 0
    while opened := _OPENS.search(text, position):
        start = opened.start()
        try:
            if not _MAY_BE.match(text, start):  # an error of the decoder's costs a look at the whole text
                raise ValueError
            value, position = _DECODER.raw_decode(text, start)
            listed.append(_shallow(value))
        except (ValueError, RecursionError):
            if _COMMAND.search(text[max(0, start - 22) : start]):  # the braces of LaTeX's \boxed{…}
                position = start + 1
            elif start in closing:
                position = closing[start] + 1
            elif _NO_JSON.match(text, start):
                position = start + 1
            else:
                return []
    return listed


def _closing(text: str) -> dict[int, int]:
    """Where each bracket closes, in one pass; brackets that never do are left out."""
    closes: dict[int, int] = {}
    opened: list[int] = []
    waiting = {"[": 0, "{": 0}
    for match in re.finditer(r"[\[\]{}]", text):
        char = match[0]
        if char in waiting:
            opened.append(match.start())
            waiting[char] += 1
            continue
        partner = "[" if char == "]" else "{"
        while waiting[partner]:
            start = opened.pop()
            waiting[text[start]] -= 1
            if text[start] == partner:
                closes[start] = match.start()
                break
    return closes


def fenced(text: str) -> str:
    """The content of the last fenced block with some; the text itself where there is none."""
    return next((body for body, _ in reversed(_fenced(text)) if body.strip()), text)


def _fenced(text: str) -> list[tuple[str, int]]:
    """Content and end of each block; one without an end may go on."""
    return [(block.body, block.end) for block in blocks(text) if block.closed and block.body is not None]


def data_lines(text: str) -> list[str]:
    """The lines of a text without headings, which end in a colon, and without a sentence before or after a
    gap."""
    paragraphs = [part.splitlines() for part in re.split(r"\n[^\S\n]*\n\s*", text.strip())]
    for place in (-1, 0):
        if (
            len(paragraphs) > 1
            and len(paragraphs[place]) == 1
            and _SENTENCE.fullmatch(paragraphs[place][0].strip())
        ):
            del paragraphs[place]
    lines = [line for part in paragraphs for line in [*part, ""]]
    return [line for line in lines if not line.rstrip(" *_").endswith(":")]
