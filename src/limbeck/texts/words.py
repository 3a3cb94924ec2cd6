"""Words of a text in any language, and n-grams of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

_HAN = r"\u2e80-\u2fdf\u3005-\u3007\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = r"\u3040-\u3096\u309d-\u30ff"
_EAST_MARKS = r"\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef"
_SOUTH = r"\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\uaa60-\uaa7f"
_SOUTH_MARKS = (
    r"\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059\u17b4-\u17d3"
)
_CHARACTER = re.compile(rf"(?P<east>[{_HAN}{_KANA}][{_EAST_MARKS}]*)|[{_SOUTH}][{_SOUTH_MARKS}]*")
"""A character of a language that sets no blanks between words, with its vowels and tones: of Chinese or
Japanese (``east``), or of Thai, Lao, Khmer or Burmese. Korean has blanks."""

WORD, EAST, SOUTH = 10, 5, 4
"""What a word counts in an n-gram, and a character of either kind: two characters of Chinese, two and a half
of Thai make about as rare a sequence as a word. Of MGSM's 250 problems, 6 share such an 8-gram with another
in English and none does in Chinese, Japanese and Thai; 8 characters as they are: 4, 122 and 237."""

Unit = Literal["words", "characters"]
"""What a text's length is counted in."""

_EDGES = ".,;:!?\"'`()[]{}$。、，！？：；（）「」『』《》【】…"


def words(text: str) -> list[str]:
    """Words of a text, as blanks part them; each character is one where a language has no blanks."""
    return text.split() if text.isascii() else _CHARACTER.sub(r" \g<0> ", text).split()


def grams(text: str, n: int) -> Iterator[str]:
    """Sequences of ``n`` words, without punctuation at their edges, or of as many characters as are worth
    them."""
    bare = [each for word in words(text) if (each := word.strip(_EDGES))]
    worth = [_worth(each) for each in bare]
    start = total = 0
    for end, value in enumerate(worth, 1):
        total += value
        while total - worth[start] >= n * WORD:
            total -= worth[start]
            start += 1
        if total >= n * WORD:
            yield " ".join(bare[start:end])


def units(text: str, unit: Unit) -> list[str]:
    """A text as `words`, or as its characters but for blanks."""
    return words(text) if unit == "words" else [character for character in text if not character.isspace()]


def distinct(parts: list[str], n: int) -> float | None:
    """Share of the n-grams of a sequence that are different ones, above 0 to 1; None where there is none.

    distinct-n (Li et al., arXiv 1510.03055) of one text: 1 where nothing comes twice.
    """
    several = len(parts) - n + 1
    return (
        len({*zip(*(parts[start:] for start in range(n)), strict=False)}) / several if several > 0 else None
    )


def _worth(word: str) -> int:
    character = None if word.isascii() else _CHARACTER.fullmatch(word)
    return WORD if character is None else EAST if character["east"] else SOUTH
