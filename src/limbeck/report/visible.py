"""Strangers' texts made fit to be seen: nothing hides in them, and a page can bear their length."""

from __future__ import annotations

import re
from typing import Any

TRACE_CHARACTERS = 20_000
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def visible(text: Any, most: int = TRACE_CHARACTERS) -> str:
    """Text in which nothing hides: control and direction-changing characters as ``‹U+202E›``, cut to
    ``most``."""
    text = str(text)
    shown = _codes(text[:most])
    if len(text) <= most:
        return shown
    return (
        f"{shown}…"
        if most < 1000
        else f"{shown}\n… {len(text) - most:,} more characters are in the stage's folder"
    )


def middle_cut(text: str, most: int) -> str:
    """Text as `visible` shows it, but a long one loses its middle: a trace's end holds its answer."""
    if len(text) <= most:
        return _codes(text)
    head, tail = most * 2 // 3, most - most * 2 // 3
    gone = f"[… {len(text) - most:,} characters are left out here; the whole is in the run's folder …]"
    return f"{_codes(text[:head])}\n\n{gone}\n\n{_codes(text[-tail:])}"


def _codes(text: str) -> str:
    return _CONTROLS.sub(lambda match: f"‹U+{ord(match.group()):04X}›", text.replace("\r\n", "\n"))
