"""Which words a passage is looked up by."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from limbeck.texts.words import words

Language = Literal["", "english"]
_WORD = re.compile(r"\w+")

_COMMON = """
a about an and are as at be been but by can could did do does for from had has have he her his how if in
into is it its may might more most no not of on or she should so such than that the their them then there
these they this those to was were what when where which while who whose why will with would you your
"""
COMMON = frozenset(_COMMON.split())
"""Words of English that say nothing of what a text is about. BM25 weighs each low; a question has many."""


def words_of(text: str) -> list[str]:
    """Runs of letters and digits, in capitals or not, and single characters in languages without blanks.

    Digits are words: others drop them, and with them what a question turns on.
    """
    return _WORD.findall(" ".join(words(text.casefold())))


def english(text: str) -> list[str]:
    """Words but for `COMMON` ones, plurals as their singulars."""
    return [singular(word) for word in words_of(text) if word not in COMMON]


def singular(word: str) -> str:
    """A word without the ending of its plural, by the three rules of Harman (1991, How effective is
    suffixing?): ``ies`` to ``y``, ``es`` to ``e``, ``s`` to nothing, each with its exceptions."""
    if len(word) < 4 or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word if word.endswith(("eies", "aies")) else f"{word[:-3]}y"
    if word.endswith("es"):
        return word if word.endswith(("aes", "ees", "oes")) else word[:-1]
    return word if word.endswith(("us", "ss")) else word[:-1]


READINGS: dict[str, Callable[[str], list[str]]] = {"": words_of, "english": english}
