"""Benchmark items that a question repeats: to the letter, with other numbers, in part, reworded."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from limbeck import embedding
from limbeck.errors import LimbeckError
from limbeck.records import Problem
from limbeck.texts.questions import normalise
from limbeck.texts.words import grams, words
from limbeck.types import Count, PositiveShare, Settings

How = Literal["exact", "numbers", "grams", "fuzzy", "vectors"]
HOWS: tuple[How, ...] = get_args(How)
"""How a question repeats an item, the surest first."""
FEW = 6
"""Words below which two questions that differ in numbers alone may well be two people's: ``2 + 3 = ?``."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LETTER = re.compile(r"[^\w+\-*/^=<>%.,]|_|(?<!\d)[.,]|[.,](?!\d)")
"""What questions that are the same may differ in. Signs of reckoning are none of it: 2-3 is not 2+3."""


class Leak(NamedTuple):
    """A benchmark item that a question repeats. ``similarity`` is the cosine of ``fuzzy`` and ``vectors``,
    the share of the item's n-grams of ``grams``, and 1 of the rest."""

    item: Problem
    how: How
    similarity: float

    def as_dict(self) -> dict[str, Any]:
        """As a problem's ``meta`` keeps it."""
        says = {"benchmark": name_of(self.item), "id": self.item.id, "question": self.item.question}
        return {**says, "how": self.how, "similarity": round(self.similarity, 3)}


class Looking(Settings, frozen=True):
    """How leaks are looked for.

    Args:
        by: ``exact``: the same letters and digits; ``numbers``: the same but for numbers; ``grams``: an
            n-gram of words in common; ``fuzzy``: nearly the same letters, whatever the numbers (cosine of
            character trigrams); ``vectors``: nearly the same vector.
        n: words of ``grams``; 13 is GPT-3's (arXiv 2005.14165, appendix C).
        fuzzy: least cosine of trigrams. Of 1,200 training questions of GSM8K the one nearest to a test
            question has 0.71.
        vectors: what makes the vectors: ``static`` or a network's path (`limbeck.embedding`).
        cosine: least cosine of ``vectors``.
        same_numbers: whether ``fuzzy`` and ``vectors`` want the item's numbers, in its order: where questions
            are made by one template, all are alike.
    """

    by: tuple[How, ...] = ("exact", "numbers", "grams", "fuzzy")
    n: Count = 13
    fuzzy: PositiveShare = 0.8
    vectors: str = "static"
    cosine: PositiveShare = 0.95
    same_numbers: bool = False


def name_of(item: Problem) -> str:
    """What an item's benchmark is called."""
    return item.source or item.split or "benchmark"


class Benchmarks:
    """Evaluation problems, ready to be looked up in."""

    def __init__(self, items: Iterable[Problem], looking: Looking = Looking()) -> None:
        """Index the items.

        Raises:
            LimbeckError: there is none, nothing is looked for, or the package or network that makes vectors
                is not there.
        """
        self.items = [item for item in items if item.question.strip()]
        self.looking = looking
        if not self.items or not looking.by:
            raise LimbeckError("leaks: there is no evaluation problem to compare with, or nothing to look by")
        self._same: dict[How, dict[str, list[int]]] = {
            "exact": defaultdict(list),
            "numbers": defaultdict(list),
        }
        self._grams: dict[str, list[int]] = defaultdict(list)
        self._sizes: list[int] = []
        for place, item in enumerate(self.items):
            self._same["exact"][letters(item.question)].append(place)
            if bare := skeleton(item.question):
                self._same["numbers"][bare].append(place)
            listed = {*grams(normalise(item.question).casefold(), looking.n)}
            self._sizes.append(len(listed))
            for gram in listed:
                self._grams[gram].append(place)
        self._embeds = {how: (embedding.embedder(name), least) for how, name, least in self._wanted()}
        self._tables = {how: self._table(how, self.items) for how in self._embeds}

    def _wanted(self) -> Iterator[tuple[How, str, float]]:
        if "fuzzy" in self.looking.by:
            yield "fuzzy", "letters", self.looking.fuzzy
        if "vectors" in self.looking.by:
            yield "vectors", self.looking.vectors, self.looking.cosine

    def _table(self, how: How, problems: Sequence[Problem]) -> np.ndarray:
        texts = [each.question for each in problems]
        return self._embeds[how][0]([_masked(text) for text in texts] if how == "fuzzy" else texts)

    def look(self, problems: Sequence[Problem]) -> list[list[Leak]]:
        """What each problem repeats: every item once, by the surest of what it is repeated by, the likest
        first."""
        noted = [dict[int, Leak]() for _ in problems]
        for how in sorted(self.looking.by, key=HOWS.index):
            for at, place, similarity in self._pairs(how, problems):
                noted[at].setdefault(place, Leak(self.items[place], how, similarity))

        def surest(leak: Leak) -> tuple[int, float]:
            return HOWS.index(leak.how), -round(leak.similarity, 3)

        return [sorted(leaks.values(), key=surest) for leaks in noted]

    def _pairs(self, how: How, problems: Sequence[Problem]) -> Iterator[tuple[int, int, float]]:
        if how in self._embeds:
            if problems:
                # Rounded, for a product's last digits depend on how many rows it has.
                alike = (self._table(how, problems) @ self._tables[how].T).round(4)
                for at, place in zip(*np.nonzero(alike >= self._embeds[how][1]), strict=True):
                    if not self.looking.same_numbers or self._same_numbers(problems[at], place):
                        yield int(at), int(place), min(1.0, float(alike[at, place]))
            return
        for at, problem in enumerate(problems):
            if how == "grams":
                yield from ((at, place, share) for place, share in self.shared(problem.question))
            else:
                key = letters(problem.question) if how == "exact" else skeleton(problem.question)
                yield from ((at, place, 1.0) for place in self._same[how].get(key, []))

    def _same_numbers(self, problem: Problem, place: int) -> bool:
        first, second = (_NUMBER.findall(each.question) for each in (problem, self.items[place]))
        return first == second

    def shared(self, text: str) -> Iterator[tuple[int, float]]:
        """Items of which a text has n-grams, and the share of the item's that it has."""
        counts: dict[int, int] = defaultdict(int)
        for gram in {*grams(normalise(text).casefold(), self.looking.n)}:
            for place in self._grams.get(gram, ()):
                counts[place] += 1
        yield from ((place, count / self._sizes[place]) for place, count in counts.items())


def letters(question: str) -> str:
    """A question's letters and digits, case folded."""
    return _LETTER.sub("", normalise(question).casefold())


def skeleton(question: str) -> str:
    """A question's letters with one sign for every number; empty where it has few words or no number."""
    text = normalise(question).casefold()
    if len(words(text)) < FEW or not _NUMBER.search(text):
        return ""
    return _LETTER.sub("", _NUMBER.sub("0", text))


def _masked(question: str) -> str:
    return _NUMBER.sub("0", question)
