"""A reasoning cut where its writer turns: each beginning of it is a place to conclude from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from limbeck.errors import LimbeckError

MARKERS = (
    "wait", "but wait", "alternatively", "hmm", "hold on", "let me", "let's", "another", "maybe", "actually",
)  # fmt: skip
"""What a subthought begins with: those that arXiv 2504.20708 names and a few of their kind. The paper's whole
list is longer; any other may stand in its place."""


def cuts(reasoning: str, markers: Sequence[str] = MARKERS, shortest: int = 1) -> list[int]:
    """Where each subthought ends, in characters; the last one at the end of the reasoning.

    One begins with a marker at the beginning of a line or of a sentence. A piece shorter than ``shortest``
    characters is no subthought: it belongs to the next one, at the end to the one before.

    Raises:
        LimbeckError: no marker, or an empty one.
    """
    pattern = _pattern(tuple(markers))
    ends: list[int] = []
    for match in pattern.finditer(reasoning):
        begun = ends[-1] if ends else 0
        if match.end() - begun >= shortest and reasoning[begun : match.end()].strip():
            ends.append(match.end())
    while ends and len(reasoning) - ends[-1] < shortest:
        ends.pop()
    return [*ends, len(reasoning)] if reasoning else []


@cache
def _pattern(markers: tuple[str, ...]) -> re.Pattern[str]:
    if not markers or not all(marker.strip() for marker in markers):
        raise LimbeckError(f"subthoughts: markers={list(markers)!r}: words that a subthought begins with")
    longest = sorted(markers, key=len, reverse=True)
    words = "|".join(r"\s+".join(map(re.escape, marker.split())) for marker in longest)
    return re.compile(rf"(?im)(?:^[^\S\n]*|(?<=[.!?])[^\S\n]+)(?=(?:{words})\b)")
