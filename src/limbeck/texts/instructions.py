"""Fifteen instructions about the form of an answer, each checked by a rule, and which exclude each other.

The kinds of MathIF (Fu et al., arXiv 2505.14810, table 1): length, four of words, six of layout, four of
what stands at the ends. An instruction is a mapping, ``{"kind": "include", "keyword": "harbour"}``.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from limbeck.errors import unknown
from limbeck.texts.tongues import STOP_WORDS, script

Instruction = Mapping[str, Any]
Check = Callable[[str, Instruction, str], bool]
KEYWORDS = ("harbour", "violin", "meadow", "lantern", "copper", "orchard", "glacier", "pepper")
PHRASES = ("To be clear", "As asked", "Hope that helps", "That is all")
LANGUAGES = {"German": "", "French": "", "Spanish": "", "Chinese": "Han", "Russian": "Cyrillic"}
"""Languages that may be asked for, with their script where it is not Latin."""


class Kind(NamedTuple):
    """How an instruction is told, checked and drawn."""

    tells: str
    holds: Check
    draw: Callable[[random.Random], dict[str, Any]]


def _count(text: str, keyword: str) -> int:
    return len(re.findall(rf"(?<!\w){re.escape(keyword)}(?!\w)", text, re.I))


def _language(text: str, asked: Instruction, question: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    wanted = LANGUAGES[asked["language"]]
    inside = sum(script(letter) == wanted for letter in letters)
    if not letters or inside * 2 <= len(letters):
        return False
    if wanted:
        return True
    words = Counter(re.findall(r"[^\W\d_]+", text.casefold()))
    known = {name: sum(words[each] for each in stop.split()) for name, stop in STOP_WORDS.items()}
    return known[asked["language"]] == max(known.values()) > 0


def _lines(text: str, pattern: str) -> int:
    return len(re.findall(pattern, text, re.M))


def _starts(text: str, phrase: str) -> bool:
    return text.strip().casefold().startswith(phrase.strip().casefold())


def _ends(text: str, phrase: str) -> bool:
    return text.strip().casefold().endswith(phrase.strip().casefold())


def _quoted(text: str) -> bool:
    bare = text.strip()
    return len(bare) > 1 and bare[0] == bare[-1] == '"'


def _nothing(rng: random.Random) -> dict[str, Any]:
    return {}


def _keyword(rng: random.Random) -> dict[str, Any]:
    return {"keyword": rng.choice(KEYWORDS)}


def _few(rng: random.Random) -> dict[str, Any]:
    return {"times": rng.randint(2, 4)}


def _phrase(rng: random.Random) -> dict[str, Any]:
    return {"phrase": rng.choice(PHRASES)}


KINDS = {
    "length": Kind(
        "Use at least {least} and at most {most} words.",
        lambda text, asked, _: asked["least"] <= len(re.findall(r"\w+", text)) <= asked["most"],
        lambda rng: {"least": rng.choice((60, 80)), "most": rng.choice((200, 300))},
    ),
    "language": Kind(
        "Answer in {language} and in no other language.",
        _language,
        lambda rng: {"language": rng.choice([*LANGUAGES])},
    ),
    "include": Kind(
        "Use the word {keyword}.", lambda text, asked, _: _count(text, asked["keyword"]) > 0, _keyword
    ),
    "exclude": Kind(
        "Do not use the word {keyword}.", lambda text, asked, _: not _count(text, asked["keyword"]), _keyword
    ),
    "count": Kind(
        "Use the word {keyword} at least {times} times.",
        lambda text, asked, _: _count(text, asked["keyword"]) >= asked["times"],
        lambda rng: {**_keyword(rng), **_few(rng)},
    ),
    "bullets": Kind(
        "Have exactly {times} bullet points, lines that begin with * and a blank.",
        lambda text, asked, _: _lines(text, r"^\s*[-*] ") == asked["times"],
        _few,
    ),
    "sections": Kind(
        "Have at least {times} sections, each headed by a line Section and its number.",
        lambda text, asked, _: _lines(text, r"(?i)^\s*#* ?section \d+") >= asked["times"],
        _few,
    ),
    "highlights": Kind(
        "Highlight at least {times} passages *like this*.",
        lambda text, asked, _: len(re.findall(r"\*[^\s*](?:[^*\n]*[^\s*])?\*", text)) >= asked["times"],
        _few,
    ),
    "upper": Kind("Write in capital letters only.", lambda text, *_: text.isupper(), _nothing),
    "lower": Kind("Write in small letters only.", lambda text, *_: text.islower(), _nothing),
    "no_commas": Kind(
        "Use no comma.", lambda text, *_: bool(text.strip()) and not re.search("[,，、]", text), _nothing
    ),
    "repeat": Kind(
        "First repeat the problem word for word, then answer.",
        lambda text, _, question: _starts(text, question),
        _nothing,
    ),
    "start": Kind(
        "Begin with the words: {phrase}", lambda text, asked, _: _starts(text, asked["phrase"]), _phrase
    ),
    "end": Kind("End with the words: {phrase}", lambda text, asked, _: _ends(text, asked["phrase"]), _phrase),
    "quotes": Kind(
        "Put the whole answer in double quotation marks.", lambda text, *_: _quoted(text), _nothing
    ),
}

_REPEATED = ("length", "language", "exclude", "upper", "lower", "no_commas", "start", "quotes")
_ENGLISH = ("length", "include", "exclude", "count", "sections", "upper", "lower", "start", "end")
_APART = {
    "upper": ("lower",),
    "repeat": _REPEATED,
    "language": _ENGLISH,
    "quotes": ("start", "end"),
    "include": ("exclude", "count"),
    "exclude": ("count",),
}
CONFLICTS = {frozenset((kind, other)) for kind, others in _APART.items() for other in others}
"""Kinds that no answer can, or none should have to, follow at once."""


def fits(kinds: Sequence[str]) -> bool:
    """Whether an answer can follow instructions of all these kinds."""
    pairs = map(frozenset, combinations(kinds, 2))
    return len({*kinds}) == len(kinds) and CONFLICTS.isdisjoint(pairs)


def drawn(count: int, kinds: Sequence[str], rng: random.Random) -> list[dict[str, Any]] | None:
    """So many instructions that do not exclude each other, at random; None where no try finds them."""
    for _ in range(100):
        chosen = rng.sample(list(kinds), min(count, len(kinds)))
        if len(chosen) == count and fits(chosen):
            return [{"kind": kind, **KINDS[kind].draw(rng)} for kind in chosen]
    return None


def told(instruction: Instruction) -> str:
    """An instruction as a sentence.

    Raises:
        LimbeckError: an unknown kind.
    """
    return _kind(instruction).tells.format(**instruction)


def met(instructions: Sequence[Instruction], text: str, question: str) -> list[bool]:
    """Of each instruction whether an answer follows it.

    Args:
        question: as it was without the instructions.

    Raises:
        LimbeckError: an unknown kind.
        KeyError: an instruction lacks what its kind needs.
    """
    return [_kind(each).holds(text, each, question) for each in instructions]


def _kind(instruction: Instruction) -> Kind:
    name = str(instruction.get("kind"))
    if name not in KINDS:
        raise unknown("kind of instruction", name, KINDS)
    return KINDS[name]
