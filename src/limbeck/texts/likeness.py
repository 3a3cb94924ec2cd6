"""Which of many texts is most like another one, by the words they share."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from limbeck.texts.questions import normalise
from limbeck.texts.words import words


class Likeness:
    """Texts that can be looked up by what is like them.

    Likeness is the cosine of the sets of words, each weighed by ``log(1 + n / texts that have it)``, so that
    what all texts say counts little. Case, punctuation at a word's edges and order do not count.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.sets = [_words(text) for text in texts]
        counts = Counter(word for each in self.sets for word in each)
        self.weights = {word: math.log1p(len(texts) / count) for word, count in counts.items()}
        self.norms = [self._norm(each) for each in self.sets]
        self.having: dict[str, list[int]] = defaultdict(list)
        for place, each in enumerate(self.sets):
            for word in each:
                self.having[word].append(place)

    def nearest(self, text: str) -> int:
        """Index of the text most like this one, the first of equals; of texts that share no word, the first.

        Raises:
            ValueError: there are no texts.
        """
        if not self.sets:
            raise ValueError("no texts to choose from")
        shared: dict[int, float] = defaultdict(float)
        for word in _words(text):
            for place in self.having.get(word, ()):
                shared[place] += self.weights[word] ** 2
        # The text's own length is the same for all it is compared with.
        return min(shared, key=lambda place: (-shared[place] / self.norms[place], place), default=0)

    def _norm(self, each: set[str]) -> float:
        return math.sqrt(sum(self.weights[word] ** 2 for word in each))


def _words(text: str) -> set[str]:
    return {word.strip(".,;:!?\"'()[]{}$") for word in words(normalise(text).casefold())} - {""}
