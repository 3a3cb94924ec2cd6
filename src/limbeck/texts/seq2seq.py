"""One template for logical questions of any kind, both ways (LogiGLUE, arXiv 2310.00836, section 3)."""

from __future__ import annotations

import re
from typing import NamedTuple

from limbeck.errors import LimbeckError


class Asked(NamedTuple):
    """What a question of any data set is made of; options are empty where the answer is free."""

    context: str
    question: str
    options: tuple[str, ...] = ()


def rendered(asked: Asked, short: bool = False) -> str:
    """``context: … question: … options: (A) … (B) …``, or ``c:…q:…o:…/…`` for small students.

    Raises:
        LimbeckError: a part that holds a label or a sign of the template, so that it could not be read back.
    """
    context, question = _plain(asked.context), _plain(asked.question)
    parts = [_plain(option) for option in asked.options]
    if short:
        text = f"c:{context}q:{question}" + f"o:{'/'.join(parts)}" * bool(parts)
    else:
        listed = " ".join(f"({letter}) {part}" for letter, part in zip("ABCDEFGH", parts, strict=False))
        text = f"context: {context} question: {question}" + f" options: {listed}" * bool(parts)
    if parsed(text, short) != Asked(context, question, tuple(parts)):
        raise LimbeckError(f"no text that reads back: {asked!r:.120}; a part holds a mark of the template")
    return text


def parsed(text: str, short: bool = False) -> Asked | None:
    """The parts of a text; None where it has not the form of the template."""
    if short:
        match = re.fullmatch(r"c:(.*?)q:(.*?)(?:o:(.*))?", text, re.S)
        return match and Asked(match[1], match[2], tuple(match[3].split("/")) if match[3] else ())
    match = re.fullmatch(r"context: (.*?) question: (.*?)(?: options: \(A\) (.*))?", text, re.S)
    options = tuple(re.split(r" \([B-H]\) ", match[3])) if match and match[3] else ()
    return match and Asked(match[1], match[2], options)


def _plain(text: str) -> str:
    return " ".join(text.split())
