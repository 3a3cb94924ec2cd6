"""What gives a hint away in a trace that was written with the answer in view."""

from __future__ import annotations

import re

from msgspec.structs import replace

from limbeck.errors import LimbeckError
from limbeck.records import Trace
from limbeck.texts.traces import full_text

TELLS = (
    r"\bhints?\b|\b(?:given|provided|supplied|known|expected|reference) (?:final )?answer\b|"
    r"\banswer (?:(?:that )?(?:is|was|has been) )?(?:given|provided|supplied|known|told)\b|\bI was told\b"
)
"""English for "the given answer" and the like: who reads the trace has been given none. "The correct answer
is 4" is how an ordinary solution ends."""
MARK = "tells_hint"


def telling(pattern: str, where: str) -> re.Pattern[str] | None:
    """A pattern of what gives a hint away: `TELLS` for ``english``; None for an empty one, which looks for
    nothing.

    Raises:
        LimbeckError: it is no regular expression.
    """
    try:
        return re.compile(TELLS if pattern == "english" else pattern, re.I) if pattern else None
    except re.error as error:
        raise LimbeckError(f"{where}: tells={pattern!r} is no regular expression: {error}") from None


def noted(trace: Trace, tells: re.Pattern[str] | None) -> Trace:
    """The trace, marked where it gives the hint away."""
    if tells is None or not tells.search(full_text(trace)):
        return trace
    return replace(trace, marks=[*trace.marks, MARK])
