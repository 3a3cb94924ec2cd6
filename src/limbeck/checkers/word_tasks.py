"""Five kinds of tasks on words: how they are asked, what one would say they are, how they are solved."""

from __future__ import annotations

import random
from collections.abc import Callable

from msgspec import Struct

LETTERS, VOWELS = "bdfgklmnprst", "aeiou"


class Kind(Struct, frozen=True):
    """A kind of task. ``asked`` are wordings of a question, ``told`` are ways to say what kind it is."""

    asked: tuple[str, ...]
    told: tuple[str, ...]
    schema: str
    solve: Callable[[list[str]], str]


KINDS = {
    "last letters": Kind(
        (
            "Take the last letter of each word and join them",
            "What do the last letters of these words spell?",
            "Write the final letters of the words one behind the other",
        ),
        (
            "join the last letters of given words",
            "the last letters of given words are joined",
            "take the last letters of given words and join them",
        ),
        "1. Go through the words and note the letter that each ends with.\n2. Write these without blanks.",
        lambda words: "".join(word[-1] for word in words),
    ),
    "alphabet": Kind(
        (
            "Put these words into alphabetical order",
            "In which order would a dictionary have these words?",
            "Sort the words from a to z",
        ),
        (
            "put a list into alphabetical order",
            "a list is put into alphabetical order",
            "sort a list so that it is in alphabetical order",
        ),
        "1. Compare the words by their first letters, then by the next ones.\n2. Write the earlier first.",
        lambda words: " ".join(sorted(words)),
    ),
    "count of a": Kind(
        (
            "How often does the letter a occur in these words?",
            "Count the letter a in these words",
            "How many times is there an a in the following?",
        ),
        (
            "count how many times a letter occurs",
            "how many times a letter occurs is to be counted",
            "count all the times that a letter occurs",
        ),
        "1. Count the letter in each of the words.\n2. Add these counts up.",
        lambda words: str("".join(words).count("a")),
    ),
    "backwards": Kind(
        (
            "Give the words in the opposite sequence, the one at the end first",
            "Turn this sequence of words around",
            "Start with the word at the end and go back to the first",
        ),
        (
            "reverse the sequence, beginning at its end",
            "the sequence is to be reversed, beginning at its end",
            "reverse a sequence: beginning at its end",
        ),
        "1. Begin with the word at the end.\n2. Go on with the one before it, up to the first.",
        lambda words: " ".join(reversed(words)),
    ),
    "length": Kind(
        (
            "How many characters do these words have in all?",
            "Add up the lengths of these words",
            "What is the total length of the following words?",
        ),
        (
            "compute a total length by addition",
            "a total length is computed by addition",
            "by addition compute the total length",
        ),
        "1. Measure how long each of the words is.\n2. Add these numbers up.",
        lambda words: str(sum(map(len, words))),
    ),
}
VAGUE = "something is wanted"


def draw(rng: random.Random, low: int, high: int) -> list[str]:
    """Different made-up words of four to six letters."""
    words: list[str] = []
    for _ in range(rng.randint(low, high)):
        signs = (rng.choice((LETTERS, VOWELS)[place % 2]) for place in range(rng.randint(4, 6)))
        words.append("".join(signs))
    return list(dict.fromkeys(words))


def question(kind: str, wording: int, words: list[str]) -> str:
    """``Sort the words from a to z: mado, kine``."""
    return f"{KINDS[kind].asked[wording]}: {', '.join(words)}"


def read(text: str) -> tuple[str, list[str]] | None:
    """The kind and the words of the first question in a text; None where there is none."""
    for name, kind in KINDS.items():
        for asked in kind.asked:
            _, there, rest = text.partition(f"{asked}: ")
            if there:
                return name, rest.partition("\n")[0].split(", ")
    return None


def schema_in(text: str) -> str | None:
    """The kind whose way of solving stands in a text."""
    return next((name for name, kind in KINDS.items() if kind.schema in text), None)
