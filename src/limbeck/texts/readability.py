"""How easily an English text reads, from its sentences, words and syllables."""

from __future__ import annotations

import re

from limbeck.texts.steps import segment

_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")
_VOWELS = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    """Syllables of an English word, about: groups of vowels, but for a silent e at its end; at least 1."""
    low = word.casefold().removesuffix("'s")
    groups = len(_VOWELS.findall(low))
    silent = low.endswith("e") and not low.endswith(("le", "ee", "ye")) and groups > 1
    return max(1, groups - silent)


def reading_ease(text: str) -> float | None:
    """Flesch's reading ease, 206.835 - 1.015 words per sentence - 84.6 syllables per word; None of no word.

    Flesch, A New Readability Yardstick (1948): 60 to 70 is plain English, below 30 very hard. Numbers and
    formulas are no words. Sentences are those of `limbeck.texts.steps`, and lines.
    """
    counts = []
    for line in text.splitlines():
        for begin, end in segment(line, "sentences"):
            if words := _WORD.findall(line[begin:end]):
                counts.append((len(words), sum(map(syllables, words))))
    if not counts:
        return None
    total = sum(count for count, _ in counts)
    return 206.835 - 1.015 * total / len(counts) - 84.6 * sum(count for _, count in counts) / total
