"""Worked examples that a chat shows before its question, and the same ones spoiled."""

from __future__ import annotations

import random
import re
from typing import Literal, get_args

from limbeck.errors import unknown
from limbeck.generation import Messages

Spoil = Literal["", "operands", "shuffled", "swapped", "dropped"]
"""``operands`` replaces half of the numbers by others of as many digits, ``shuffled`` puts steps in another
order, ``swapped`` has each example answer another one's question, ``dropped`` leaves the examples out."""
_NUMBER = re.compile(r"\d+")
_BETWEEN = re.compile(r"([;\n]+)")
SHARE = 0.5
"""Of the numbers that are replaced."""


def spoiled(chat: Messages, how: Spoil) -> Messages:
    """The chat with its examples spoiled; its last turn, or last two where a completion has begun, stay.

    What is drawn depends on the chat's own text alone.

    Raises:
        LimbeckError: an unknown way.
    """
    if how not in get_args(Spoil):
        raise unknown("way to spoil", how, [each for each in get_args(Spoil) if each])
    end = len(chat) - (2 if chat[-1]["role"] == "assistant" else 1)
    answers = [place for place in range(end) if chat[place]["role"] == "assistant"]
    if not how or not answers:
        return list(chat)
    if how == "dropped":
        return [turn for place, turn in enumerate(chat) if place >= end or turn["role"] == "system"]
    texts = [chat[place]["content"] for place in answers]
    rng = random.Random("\n".join([how, *texts]))
    made = [*texts[1:], texts[0]] if how == "swapped" else [spoil(text, how, rng) for text in texts]
    changed = dict(zip(answers, made, strict=True))
    return [{**turn, "content": changed.get(at, turn["content"])} for at, turn in enumerate(chat)]


def spoil(text: str, how: Spoil, rng: random.Random) -> str:
    """One worked example spoiled by ``operands`` or ``shuffled``."""
    if how == "operands":
        return _NUMBER.sub(lambda match: _other(match[0], rng), text)
    # What stands between two steps stays in its place, so that none runs into another.
    pieces = _BETWEEN.split(text)
    places = [place for place in range(0, len(pieces), 2) if pieces[place]]
    steps = [pieces[place] for place in places]
    order = list(steps)
    while len(set(steps)) > 1 and order == steps:
        rng.shuffle(order)
    for place, step in zip(places, order, strict=True):
        pieces[place] = step
    return "".join(pieces)


def _other(number: str, rng: random.Random) -> str:
    """Another number of as many digits, or now and then the same."""
    if rng.random() >= SHARE:
        return number
    low, high = (10 ** (len(number) - 1) if len(number) > 1 else 0), 10 ** len(number) - 1
    return str(rng.choice([low, high]) if high - low < 1 else _unlike(int(number), low, high, rng))


def _unlike(number: int, low: int, high: int, rng: random.Random) -> int:
    drawn = rng.randint(low, high - 1)
    return drawn + (drawn >= number)
