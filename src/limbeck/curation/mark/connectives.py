"""Traces in which no step follows from another."""

from __future__ import annotations

import re
from typing import Any

from limbeck.curation.ops import by_rule
from limbeck.errors import LimbeckError
from limbeck.records import Data, Problem, Trace
from limbeck.texts.traces import TracePart, part_of

PATTERNS = (
    r"\b(?:because|since|therefore|thus|hence|so|then|which means|it follows|implies|as a result)\b",
    r"\b(?:first|second|third|next|finally|step \d+)\b",
    r"(?m)^\s*(?:\d+[.)]|[-*])\s",
    r"\d[^=\n]{0,40}[-+*/×÷][^=\n]{0,40}=\s*[$€£]?-?\d",
)
"""How steps are joined in English, counted, listed and calculated."""


def connectives(
    data: Data,
    *,
    patterns: tuple[str, ...] = PATTERNS,
    least: int = 1,
    of: TracePart = "text",
    mark: str = "no_connectives",
) -> Data:
    r"""Mark traces in which too few places look like reasoning: words that join steps, or steps that are
    listed.

    The first rule of SERT's filter (arXiv 2502.12744; its lists are not published, these are the
    house's). Cheap and blind: it says how a text is put, not whether it is right.

    Args:
        patterns: regular expressions, whatever the case; every place where one matches counts. For another
            language or notation give others.
        least: fewest places.
        of: what is looked at.

    Raises:
        LimbeckError: a pattern is no regular expression, or ``least`` is not positive.
    """
    compiled = _compiled(patterns, least)

    def rule(_: Problem | None, trace: Trace) -> str:
        text = part_of(trace, of)
        places = sum(len(pattern.findall(text)) for pattern in compiled)
        return mark if places < least else ""

    return by_rule(data, rule)


def precheck(given: dict[str, Any]) -> None:
    """Called when a run is planned."""
    _compiled(given["patterns"], given["least"])


def _compiled(patterns: tuple[str, ...], least: int) -> list[re.Pattern[str]]:
    if least < 1 or not patterns:
        raise LimbeckError(
            f"curation/connectives: least={least} of {len(patterns)} patterns asks for nothing"
        )
    compiled = []
    for pattern in patterns:
        try:
            compiled.append(re.compile(pattern, re.IGNORECASE))
        except re.error as error:
            raise LimbeckError(
                f"curation/connectives: {pattern!r} is no regular expression: {error}"
            ) from None
    return compiled
