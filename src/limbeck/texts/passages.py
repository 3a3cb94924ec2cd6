"""Passages looked up by their words: BM25."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from limbeck.texts.words import words

_WORD = re.compile(r"\w+")
K1, B = 1.5, 0.75


class Passages:
    """An index of texts (Robertson and Zaragoza 2009, The Probabilistic Relevance Framework: BM25 and
    beyond).

    A text scores the sum over the query's words of ``idf tf (K1 + 1) / (tf + K1 (1 - B + B length / mean))``,
    ``idf = ln(1 + (N - n + 0.5) / (n + 0.5))``, n the texts that hold the word. Words are runs of letters and
    digits, in capitals or not, and single characters in languages without blanks.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = list(texts)
        self._places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._lengths = []
        for place, text in enumerate(self.texts):
            listed = _words(text)
            self._lengths.append(len(listed))
            for word, count in Counter(listed).items():
                self._places[word].append((place, count))

    def search(self, query: str, hits: int) -> list[str]:
        """The texts that score highest, at most ``hits``; of equals the first. None that shares no word."""
        return [self.texts[place] for place in self.places(query, hits)]

    def places(self, query: str, hits: int) -> list[int]:
        """Where these stand among the texts."""
        scores = self.scores(query)
        return sorted(scores, key=lambda place: (-scores[place], place))[:hits]

    def scores(self, query: str) -> dict[int, float]:
        """The score of each text that shares a word with the query, by its place."""
        mean = sum(self._lengths) / max(len(self._lengths), 1) or 1.0
        scores: dict[int, float] = defaultdict(float)
        for word in dict.fromkeys(_words(query)):
            among = self._places.get(word, ())
            idf = math.log(1 + (len(self.texts) - len(among) + 0.5) / (len(among) + 0.5))
            for place, count in among:
                damped = count + K1 * (1 - B + B * self._lengths[place] / mean)
                scores[place] += idf * count * (K1 + 1) / damped
        return scores


def _words(text: str) -> list[str]:
    return _WORD.findall(" ".join(words(text.casefold())))


def texts_of(listed: Any, where: str) -> list[str]:
    """Passages as texts: each a text, or a mapping with ``text`` (or ``passage``, ``contents``) and maybe a
    ``title``.

    Raises:
        ValueError: something else, with its place.
    """
    if not isinstance(listed, list):
        raise ValueError(f"{where} is no list of passages but {type(listed).__name__}")
    texts = []
    for place, each in enumerate(listed):
        if isinstance(each, dict):
            names = (name for name in ("text", "passage", "contents") if isinstance(each.get(name), str))
            body = each.get(next(names, ""))
            title = each.get("title")
            each = f"{title}: {body}" if body and isinstance(title, str) and title else body
        if not isinstance(each, str):
            raise ValueError(f"{where}: passage {place} is no text, nor a mapping with 'text'")
        texts.append(each)
    return texts
