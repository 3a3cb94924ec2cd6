"""Numbers in English words: ``one hundred and ten dollars`` is 110 dollars, ``two thirds`` 2/3."""

from __future__ import annotations

import re

_SMALL = re.findall(
    r"\w+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {word: value for value, word in enumerate(_SMALL)}
_VALUES |= {word: 10 * value for value, word in enumerate(_TENS, 2)}
_SIZES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_PARTS = {
    "half": 2,
    "halve": 2,
    "third": 3,
    "quarter": 4,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "eighth": 8,
    "tenth": 10,
}
_WORD = "|".join([*sorted(_VALUES, key=len, reverse=True), *_SIZES])
_RUN = re.compile(
    rf"(?<![\w-])(?:an? (?=hundred|thousand|million|billion))?(?:{_WORD})"
    rf"(?:(?:[ -]| and )(?:{_WORD}))*(?![\w-])",
    re.I,
)
_PART = re.compile(rf"(?<![\w-])({'|'.join(_SMALL[1:])})[ -]({'|'.join(_PARTS)})s?(?![\w-])", re.I)


def numerals(text: str) -> str:
    """A text without digits whose numbers in words are written in digits."""
    text = _PART.sub(lambda part: f"{_VALUES[part[1].lower()]}/{_PARTS[part[2].lower()]}", text)
    return _RUN.sub(lambda run: run[0] if run[0].lower() == "one" else str(_value(run[0].lower())), text)


def _value(words: str) -> int:
    total = current = 0
    for word in re.findall(r"[a-z]+", words):
        if word in _VALUES:
            current += _VALUES[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _SIZES:
            total, current = total + (current or 1) * _SIZES[word], 0
    return total + current
