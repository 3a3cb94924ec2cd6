"""The options of a multiple-choice problem, and which of them a reply names."""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import NamedTuple

from limbeck.records import Problem
from limbeck.verifiers._normal import quantity, tidy

_LABEL = re.compile(r"\s*\(?([A-Za-z])[).:]\s*")
_LINE_LABEL = re.compile(r"(?m)^\s*\(?([A-Z])[).:]\s*(.*?)\s*$")
_ROW_LABEL = re.compile(r"(?<![\w(])\(?([A-Z])[).:]\s*")
_DRESS = re.compile(r"\\(?:text|textbf|mathrm|mathbf|textrm|mbox|boxed|fbox)(?![a-zA-Z])\s*|[{}$*`\"]|\\[()\[\],;! ]")
_MENTIONS = re.compile(
    r"(?<![\w)])\(([A-Za-z])\)"
    r"|(?<![\w'.(])([A-Z])[).:](?=\s|$)|^([a-z])[).:](?=\s|$)"
    r"|\b(?:[Oo]ption|[Cc]hoice|[Aa]nswer)s?:?\s+(?:is\s+)?([A-Za-z])(?![\w'])"
    r"|(?<![\w'.-])(?P<bare>[A-Z])(?![\w'])(?!\.\w)"
)
_LONGEST = 4000


class Naming(NamedTuple):
    """The option a reply names, or None and why."""

    letter: str | None
    reason: str


def options(problem: Problem) -> dict[str, str]:
    """Texts by letter, in order; empty where neither ``meta`` nor the question lists options."""
    given = problem.meta.get("options") or problem.meta.get("choices")
    if isinstance(given, dict):
        return {str(letter).strip("(). ").upper(): str(text) for letter, text in given.items()}
    if isinstance(given, list) and 1 < len(given) <= 26:
        return _labelled(tuple(str(text) for text in given))
    return _asked(problem.question)


def _labelled(given: tuple[str, ...]) -> dict[str, str]:
    """Listed texts by letter; ``A) 12`` loses its label where every text bears its own."""
    letters = string.ascii_uppercase[: len(given)]
    labels = [_LABEL.match(text) for text in given]
    if all(label and label[1].upper() == letter for label, letter in zip(labels, letters, strict=True)):
        given = tuple(text[label.end() :] for label, text in zip(labels, given, strict=True) if label)
    return {letter: text.strip() for letter, text in zip(letters, given, strict=True)}


@lru_cache(maxsize=4096)
def _asked(question: str) -> dict[str, str]:
    """Options as the question lists them last, labelled A, B, … without a gap, on lines or in one row."""
    lines = _run([(label[1], label[2]) for label in _LINE_LABEL.finditer(question)])
    cuts = list(_ROW_LABEL.finditer(question))
    ends = [*(cut.start() for cut in cuts[1:]), len(question)]
    return lines or _run(
        [(cut[1], question[cut.end() : end].strip(" ,;\n")) for cut, end in zip(cuts, ends, strict=False)]
    )


def _run(found: list[tuple[str, str]]) -> dict[str, str]:
    """The last texts labelled A, B, C and so on; empty where there are not two."""
    start = next((index for index in reversed(range(len(found))) if found[index][0] == "A"), len(found))
    run: dict[str, str] = {}
    for letter, (label, text) in zip(string.ascii_uppercase, found[start:], strict=False):
        if label != letter:
            break
        run[letter] = text
    return run if len(run) > 1 else {}


def named_option(reply: str, texts: dict[str, str]) -> Naming:
    """Which one option a reply names, by letter or by its whole text."""
    reply = _DRESS.sub(" ", reply[:_LONGEST]).strip(" .,;")
    if len(reply) == 1:
        return Naming(reply.upper(), "") if reply.upper() in texts else _by_text(reply, texts)
    label = _LABEL.match(reply) or re.match(r"\s*\(?([A-Z])\)?\s+", reply)
    if label and label[1].upper() in texts and (rest := reply[label.end() :]):
        letter, quoted = label[1].upper(), _by_text(rest, texts)
        if texts[letter] and _same(rest, texts[letter]):
            return Naming(letter, "")
        if quoted.letter:
            return Naming(None, f"the letter is {letter} and the text that of {quoted.letter}")
    letters = {letter for match in _MENTIONS.finditer(reply) if (letter := _mention(match, reply, texts))}
    by_text = _by_text(reply, texts)
    if by_text.letter and letters <= {by_text.letter}:
        return by_text
    if len(letters) == 1:
        return Naming(letters.pop(), "")
    if by_text.letter:  # the option's own text names letters: "A and B are false"
        return by_text
    return Naming(None, f"several options are named: {', '.join(sorted(letters))}" if letters else "")


def _mention(match: re.Match[str], reply: str, texts: dict[str, str]) -> str | None:
    """The letter a match names, unless it is an article, a pronoun or none of the options."""
    letter = next(group for group in match.groups() if group)
    if match["bare"] and letter in "AI" and re.match(r"\s+[a-z]", reply[match.end() :]):
        rest = reply[match.end() :].split()[0].lower()
        return letter if letter in texts and rest in ("or", "and", "but", "is", "because", "since") else None
    return letter.upper() if letter.upper() in texts else None


def _by_text(reply: str, texts: dict[str, str]) -> Naming:
    matching = [letter for letter, text in texts.items() if text and _same(reply, text)]
    return Naming(matching[0], "") if len(matching) == 1 else Naming(None, "")


@lru_cache(maxsize=16384)
def _same(reply: str, text: str) -> bool:
    """The same words, or the same number with the same unit."""
    if _plain(reply) == _plain(text):
        return bool(_plain(text))
    if len(reply) > 100 or len(text) > 100:
        return False
    left, right = quantity(tidy(reply)), quantity(tidy(text))
    if left is None or right is None:
        return False
    return left.value == right.value and left.percent == right.percent and (left.unit == right.unit or not left.unit)


@lru_cache(maxsize=16384)
def _plain(text: str) -> str:
    return re.sub(r"[\s.,;:'\"]+", " ", _DRESS.sub(" ", text)).strip().casefold()
