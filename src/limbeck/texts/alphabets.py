"""Digits in the letters of several scripts: the languages of `problems/alphabets`."""

from __future__ import annotations

LETTERS = {
    "Latin": "abcdefghij",
    "Cyrillic": "бгджзиклпф",
    "Han": "零一二三四五六七八九",
    "Hangul": "가나다라마바사자차카",
}
"""The digits 0 to 9 in each script, under its name in `limbeck.texts.languages`."""


def spelt(text: str, language: str) -> str:
    """A text with its digits in the letters of a language: ``b+c`` for ``1+2`` in Latin ones."""
    return text.translate({ord("0") + digit: letter for digit, letter in enumerate(LETTERS[language])})


def in_digits(text: str) -> str:
    """The same back, from whatever language; all else stays."""
    return text.translate(
        {ord(letter): str(at) for each in LETTERS.values() for at, letter in enumerate(each)}
    )
