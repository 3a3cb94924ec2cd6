"""The answer in a JSON field, whole or broken: ``"answer": …``."""

from __future__ import annotations

import json
import re

from limbeck.answers.boxes import boxed

_FIELD = re.compile(r'"(?:final[_ ]?)?answer"\s*:\s*', re.I)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S)
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?(?=\s*(?:[}\n]|,\s*\"|$))")
_LONGEST = 2000
NULL = "null"
"""A field that is there and empty: whatever stands around it is no answer either."""


def field(text: str) -> str | None:
    """What the last field named answer holds; ``null`` where it is empty, None where there is none."""
    if 'nswer"' not in text:
        return None
    end = max((match.end() for match in _FIELD.finditer(text)), default=None)
    if end is None:
        return None
    if quoted := _QUOTED.match(text, end):
        value = _unescape(quoted.group(1))
        return boxed(value) or value.strip() or NULL
    value = _unquoted(text[end : end + _LONGEST])
    return NULL if value.strip() in ("null", "None", "") else value


def _unquoted(value: str) -> str:
    """A number, list or object at the start of a text, as it is written there, in broken JSON too."""
    if grouped := _GROUPED.match(value):
        return grouped[0]
    if value.startswith(("[", "{")):
        try:
            return value[: json.JSONDecoder(strict=False).raw_decode(value)[1]]
        except (ValueError, RecursionError):
            pass
    return (
        value[: value.find("]") + 1] if value.startswith("[") else re.split(r"[,}\n]", value, maxsplit=1)[0]
    )


def _unescape(value: str) -> str:
    try:
        plain: str = json.loads(f'"{value}"', strict=False)
    except ValueError:
        return value.replace('\\"', '"')
    # Models write "\frac" with one backslash, which JSON reads as a form feed and "rac". No answer holds a
    # form feed.
    for control, escape in (("\f", "\\f"), ("\b", "\\b"), ("\t", "\\t"), ("\r", "\\r")):
        plain = plain.replace(control, escape)
    return plain
