"""Passages looked up by their words: BM25 over sorted postings, in memory or mapped from a file.

What a word is worth to a passage is computed once, when the index is made. A query adds up the postings of
its words, those that can matter most first, and takes no passages in any more when none that is left can be
among the best.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from limbeck.retrieval.reading import READINGS

Array = np.ndarray[Any, Any]
K1, B = 1.5, 0.75


@dataclass(frozen=True)
class Postings:
    """The passages that hold each word, sorted by word, then by place.

    Attributes:
        row_of: a word's row.
        start_W: where the postings of each word begin; one more closes the last.
        place_P: which passage.
        count_P: how often the word stands there.
        length_N: words of each passage.
    """

    row_of: dict[str, int]
    start_W: Array
    place_P: Array
    count_P: Array
    length_N: Array


def postings(texts: Iterable[str], language: str = "") -> Postings:
    """Count the words of texts, which are read once and not kept.

    Held in memory are the vocabulary and ten bytes for each word of each passage.
    """
    row_of: dict[str, int] = {}
    words_of = READINGS[language]
    rows, places, counts, lengths = _Grown(np.int32), _Grown(np.int32), _Grown(np.int16), _Grown(np.int32)
    for place, text in enumerate(texts):
        listed = words_of(text)
        told = Counter(listed)
        lengths.add([len(listed)])
        rows.add([row_of.setdefault(word, len(row_of)) for word in told])
        counts.add([min(count, 2**15 - 1) for count in told.values()])
        places.add([place] * len(told))
    row_P = rows.whole()
    # Stable, so that within a word places stay in order.
    order_P = np.argsort(row_P, kind="stable")
    sizes_W = np.bincount(row_P, minlength=len(row_of))
    start_W = np.concatenate([[0], np.cumsum(sizes_W)])
    return Postings(row_of, start_W, places.whole()[order_P], counts.whole()[order_P], lengths.whole())


class _Grown:
    """Numbers that arrive a few at a time, packed now and then: a list of them takes five times the room."""

    def __init__(self, kind: type[np.signedinteger[Any]]) -> None:
        self.kind = kind
        self.packed: list[Array] = []
        self.loose: list[int] = []

    def add(self, numbers: list[int]) -> None:
        self.loose += numbers
        if len(self.loose) > 1_000_000:
            self.packed.append(np.array(self.loose, self.kind))
            self.loose = []

    def whole(self) -> Array:
        self.packed.append(np.array(self.loose, self.kind))
        self.loose = []
        return np.concatenate(self.packed)


@dataclass(frozen=True)
class WordIndex:
    """What BM25 needs of a corpus (Robertson and Zaragoza 2009, The Probabilistic Relevance Framework).

    A passage scores the sum over the query's words of
    ``idf tf (K1 + 1) / (tf + K1 (1 - B + B length / mean))``, ``idf = ln(1 + (N - n + 0.5) / (n + 0.5))``,
    n the passages that hold the word.

    Attributes:
        row_of: a word's row.
        start_W: where the postings of each word begin; one more closes the last.
        place_P: which passage.
        worth_P: what the word adds to its score, float32.
        most_W: the most that a word adds to any.
        size: passages.
        language: how words are read (`limbeck.retrieval.reading`).
    """

    row_of: dict[str, int]
    start_W: Array
    place_P: Array
    worth_P: Array
    most_W: Array
    size: int
    language: str = ""

    @classmethod
    def of(cls, texts: Iterable[str], language: str = "", k1: float = K1, b: float = B) -> WordIndex:
        """The index of texts, whose places are their numbers."""
        made = postings(texts, language)
        size = len(made.length_N)
        holding_W = np.diff(made.start_W)
        idf_W = np.log(1 + (size - holding_W + 0.5) / (holding_W + 0.5))
        mean = made.length_N.mean() if size else 1.0
        damp_N = (k1 * (1 - b + b * made.length_N / max(mean, 1e-9))).astype(np.float32)
        worth_P = made.count_P.astype(np.float32)
        worth_P *= (k1 + 1) / (worth_P + damp_N[made.place_P])
        worth_P *= np.repeat(idf_W.astype(np.float32), holding_W)
        most_W = np.maximum.reduceat(worth_P, made.start_W[:-1]) if len(worth_P) else worth_P
        return cls(made.row_of, made.start_W, made.place_P, worth_P, most_W, size, language)

    def search(self, query: str, hits: int) -> list[tuple[int, float]]:
        """Places and scores of the best passages, at most ``hits``; of equals the first. None that shares no
        word."""
        rows = self._rows(query)
        if not rows or hits < 1:
            return []
        left = np.cumsum([self.most_W[row] for row in reversed(rows)])[::-1].tolist()
        score_N = np.zeros(self.size, np.float32)
        touched: list[Array] = []
        done = 0
        for row in rows:
            # A passage that none of the words so far is in cannot come to more than what is left.
            if done and left[done] < _highest(score_N[_each(touched)], hits):
                break
            place_M = self._places(row)
            score_N[place_M] += self._worths(row)
            touched.append(place_M)
            done += 1
        place_C = _each(touched)
        score_C = score_N[place_C]
        for depth in range(done, len(rows)):
            kept_C = score_C + left[depth] >= _highest(score_C, hits)
            place_C, score_C = place_C[kept_C], score_C[kept_C]
            score_C = score_C + self._of_word(rows[depth], place_C)
        # Places ascend, and the sort is stable.
        best = np.argsort(-score_C, kind="stable")[:hits]
        return list(zip(place_C[best].tolist(), score_C[best].tolist(), strict=True))

    def scores(self, query: str) -> dict[int, float]:
        """The score of each passage that shares a word with the query, by its place."""
        return dict(self.search(query, max(self.size, 1)))

    def _rows(self, query: str) -> list[int]:
        """The rows of a query's words, those that can add most first."""
        known = (self.row_of.get(word) for word in dict.fromkeys(READINGS[self.language](query)))
        return sorted((row for row in known if row is not None), key=lambda row: -self.most_W[row])

    def _places(self, row: int) -> Array:
        return self.place_P[self.start_W[row] : self.start_W[row + 1]]

    def _worths(self, row: int) -> Array:
        return self.worth_P[self.start_W[row] : self.start_W[row + 1]]

    def _of_word(self, row: int, place_C: Array) -> Array:
        """What a word adds to each of some passages, which ascend."""
        place_M, worth_M = self._places(row), self._worths(row)
        at_C = np.searchsorted(place_M, place_C)
        at_C[at_C == len(place_M)] = 0
        added_C: Array = np.where(place_M[at_C] == place_C, worth_M[at_C], np.float32(0))
        return added_C


def _each(touched: list[Array]) -> Array:
    """Places in order, each once."""
    return touched[0] if len(touched) == 1 else np.unique(np.concatenate(touched))


def _highest(score_C: Array, hits: int) -> float:
    """The ``hits``-th highest of scores; minus infinity where there are fewer."""
    if len(score_C) < hits:
        return -np.inf
    return float(np.partition(score_C, len(score_C) - hits)[len(score_C) - hits])


class Passages:
    """Texts in memory with their index: for a chat's own documents, a pool of examples, a tool."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)
        self._index = WordIndex.of(self.texts)

    def search(self, query: str, hits: int) -> list[str]:
        """The texts that score highest, at most ``hits``; of equals the first. None that shares no word."""
        return [self.texts[place] for place in self.places(query, hits)]

    def places(self, query: str, hits: int) -> list[int]:
        """Where these stand among the texts."""
        return [place for place, _ in self._index.search(query, hits)]

    def scores(self, query: str) -> dict[int, float]:
        """The score of each text that shares a word with the query, by its place."""
        return self._index.scores(query)
