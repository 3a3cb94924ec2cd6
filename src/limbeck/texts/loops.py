"""Where a text says the same over and over: "Wait, let me check. Wait, let me check. Wait, …"."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

_PIECES = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff]|[^\W\d_\u2e80-\u9fff\uf900-\ufaff]{1,12}|\d{1,4}|[^\w\s]|_|\n"
)
"""Words, but no longer than twelve letters or four digits: a loop within one endless word is one of pieces.
Characters of Chinese and Japanese, which set no blanks, are pieces each."""

GRAM = 4
"""Pieces whose last occurrence tells a distance at which a text may repeat itself."""

CANDIDATES = 16
"""The commonest such distances that are looked at."""


class Loop(NamedTuple):
    """A stretch of a text that repeats one passage, to the letter but for blanks.

    ``start`` and ``end`` are characters; ``times`` is how often the passage stands there, the last one
    perhaps in part.
    """

    start: int
    end: int
    times: float

    @property
    def characters(self) -> int:
        return self.end - self.start


def longest_loop(text: str, times: float = 4.0) -> Loop | None:
    """The longest stretch that says the same passage at least so often in a row, None where there is none.

    The time it takes grows as the text does, but for a sort: the distances between equal sequences of a few
    pieces are counted, and at each of the commonest the text is held against itself.
    """
    matches = list(_PIECES.finditer(text))
    if len(matches) < GRAM * times:
        return None
    codes: dict[str, int] = {}
    piece_N = np.fromiter((codes.setdefault(match[0], len(codes)) for match in matches), np.int64)
    best: Loop | None = None
    for distance in distances(piece_N):
        start, length = _longest_run(piece_N[distance:] == piece_N[:-distance])
        if length + distance >= times * distance:
            span = matches[start].start(), matches[start + length + distance - 1].end()
            loop = Loop(*span, (length + distance) / distance)
            best = loop if best is None or loop.characters > best.characters else best
    return best


def distances(piece_N: np.ndarray) -> list[int]:
    """The commonest distances from a sequence of pieces to its last occurrence."""
    gram_N = np.zeros(len(piece_N) - GRAM + 1, np.int64)
    for place in range(GRAM):  # a digest of 64 bits; should two be alike, a distance more is counted
        gram_N = gram_N * 6_364_136_223_846_793_005 + piece_N[place : place + len(gram_N)]
    order_N = np.argsort(gram_N, kind="stable")
    same = np.diff(gram_N[order_N]) == 0
    distances, counts = np.unique(np.diff(order_N)[same], return_counts=True)
    return [int(distance) for distance in distances[np.argsort(-counts, kind="stable")[:CANDIDATES]]]


def _longest_run(same_N: np.ndarray) -> tuple[int, int]:
    """Where the longest run of True begins, and its length."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], same_N.astype(np.int8), [0]))))
    if not len(edges):
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest] - starts[longest])
