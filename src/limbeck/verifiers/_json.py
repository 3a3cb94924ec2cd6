"""JSON in what a model wrote."""

from __future__ import annotations

import json
from typing import Any

_LONGEST, _TRIES, _DEEPEST = 100_000, 50, 100
NONE = object()
"""What is returned where there is no value; None is JSON's null."""


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
        level = [
            part
            for one in level
            if isinstance(one, dict | list)
            for part in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return value
    raise ValueError("nested too deeply")


def last_value(text: str) -> Any:
    """The last object or array that stands in a text by itself, or `NONE`. Only the last 100,000 characters count."""
    if "</think>" in text:
        text = text[text.rindex("</think>") + 8 :]
    text = text[-_LONGEST:]
    found, position, tries = NONE, 0, 0
    while tries < _TRIES:
        starts = [start for bracket in "{[" if (start := text.find(bracket, position)) >= 0]
        if not starts:
            break
        try:
            value, end = _DECODER.raw_decode(text, min(starts))
            found, position = _shallow(value), end
        except (ValueError, RecursionError):
            tries, position = tries + 1, min(starts) + 1
    return found
