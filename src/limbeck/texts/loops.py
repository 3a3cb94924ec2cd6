"""Where a text says the same over and over: "Wait, let me check. Wait, let me check. Wait, …"."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import count, islice
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

PROBE, STEP = 16, 20
"""Characters that are looked for again, and how far apart."""

_BLANKS = "\t\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""All but the usual one and the end of a line, which is a piece."""


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


def longest_loop(text: str, times: float = 4.0, characters: int = 0) -> Loop | None:
    """The longest stretch that says the same passage at least so often in a row, None where there is none.

    The time it takes grows as the text does, but for a sort: the distances between equal sequences of a few
    pieces are counted, and at each of the commonest the text is held against itself.

    Args:
        characters: shorter loops need not be told. Of most texts it then shows in a sixth of the time that
            they have none.
    """
    if not may_loop(text, times, characters):
        return None
    pieces = _PIECES.findall(text)
    if len(pieces) < GRAM * times:
        return None
    # A dictionary that numbers what it lacks: twice as fast as `setdefault` for every piece.
    codes: defaultdict[str, int] = defaultdict(count().__next__)
    piece_N = np.fromiter(map(codes.__getitem__, pieces), np.int64, len(pieces))
    best: Loop | None = None
    for distance in distances(piece_N):
        same_N = piece_N[distance:] == piece_N[:-distance]
        # So many pieces must be equal in a row; most distances of a text without loops have fewer in all.
        if np.count_nonzero(same_N) < (times - 1) * distance:
            continue
        start, length = _longest_run(same_N)
        if length + distance >= times * distance:
            span = _span(text, start, start + length + distance - 1)
            loop = Loop(*span, (length + distance) / distance)
            best = loop if best is None or loop.characters > best.characters else best
    return best


def may_loop(text: str, times: float, characters: int) -> bool:
    """Whether a text may have a loop of so many characters; where it says no, there is none.

    Probes of `PROBE` characters, `STEP` apart in the text without blanks, are looked for again behind
    themselves. Let a loop of L characters without blanks be P of them, t times or more. A probe that is not
    in its last turn comes again P further on, or nearer, and of these there are (L - P - PROBE) / STEP or
    more in a row, with L >= tP. For each P within a factor of two it is counted how many in a row come again
    so near.
    """
    turns = int(times)
    # Where no two blanks stand together, every other character of a loop at the least is none.
    fewest = ((characters + 1) // 2 * (turns - 1) // max(turns, 1) - PROBE) // STEP
    if fewest < 2 or "  " in text or any(blank in text for blank in _BLANKS):
        return True
    bare = text.replace(" ", "")
    farthest = len(bare) // turns
    levels = range(farthest.bit_length() + 1)
    in_a_row = none = [0 for _ in levels]
    for place in range(0, len(bare) - PROBE, STEP):
        again = bare.find(bare[place : place + PROBE], place + 1, place + PROBE + farthest) - place
        if again < 0:
            in_a_row = none
            continue
        in_a_row = [in_a_row[level] + 1 if again <= 2**level else 0 for level in levels]
        for level in levels:
            # Of a loop whose passage is longer than half of the level.
            least = max(fewest, ((turns - 1) * 2**level // 2 - PROBE) // STEP)
            if in_a_row[level] >= least:
                return True
    return False


def _span(text: str, first: int, last: int) -> tuple[int, int]:
    """Where a text's pieces of these numbers begin and end."""
    matches = [*islice(_PIECES.finditer(text), first, last + 1)]
    return matches[0].start(), matches[-1].end()


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
