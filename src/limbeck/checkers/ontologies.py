"""Statements on made-up kinds of things, in short signs or in English: ``a&b>c`` and what it says.

An expression is a kind, ``"a"``, a denied one, ``"~a"``, ``("and", ("a", "b"))`` or ``("or", ("a", "b"))``. A
statement is ``("is", expression)`` of the one thing that is spoken of, ``("every", if, then)``, or
``("suppose", expression)``.
"""

from __future__ import annotations

import re
from typing import Any, Literal

Form = Literal["signs", "text"]
Expression = Any
Statement = tuple[Any, ...]
KINDS = "abcdefghijklmnopqrstuvwxyz"
NOUNS = (
    "arp", "bindle", "corvel", "dax", "ebrin", "fendle", "gorp", "hask", "ilbit", "jurm", "kelpo", "lorn",
    "mabbit", "nesk", "ombry", "plim", "quon", "rasp", "snorb", "tove", "ulmet", "vrill", "wug", "xant",
    "yarp", "zibbet",
)  # fmt: skip
WHO = "Rex"
_NOUN = dict(zip(KINDS, NOUNS, strict=True))
_KIND = dict(zip(NOUNS, KINDS, strict=True))
_JOINS = {"and": ("&", " and "), "or": ("/", " or ")}


def expression(text: str, form: Form) -> Expression:
    """An expression from its text.

    Raises:
        ValueError: it is none.
    """
    text = text.strip()
    for join, signs in _JOINS.items():
        parts = text.split(signs[form == "text"])
        if len(parts) > 1:
            return (join, tuple(sorted(_simple(part, form) for part in parts)))
    return _simple(text, form)


def _simple(text: str, form: Form) -> str:
    """A kind, behind ``~`` where it is denied."""
    if form == "text":
        match = re.fullmatch(r"(not )?an? (\w+)", text.strip())
        if match is None or match[2] not in _KIND:
            raise ValueError(f"no expression: {text!r:.60}")
        return f"{'~' if match[1] else ''}{_KIND[match[2]]}"
    if not re.fullmatch("~?[a-z]", text):
        raise ValueError(f"no expression: {text!r:.60}")
    return text


def statement(text: str, form: Form) -> Statement:
    """A statement from its text.

    Raises:
        ValueError: it is none.
    """
    text = text.strip().rstrip(".").strip()
    if form == "text":
        if match := re.fullmatch(r"Everything that is (.+) is ((?:not )?an? .+)", text):
            return ("every", expression(match[1], form), expression(match[2], form))
        if match := re.fullmatch(rf"(Suppose that )?{WHO} is (.+)", text):
            return ("suppose" if match[1] else "is", expression(match[2], form))
        raise ValueError(f"no sentence: {text!r:.60}")
    if ">" in text:
        before, _, behind = text.partition(">")
        return ("every", expression(before, form), expression(behind, form))
    kind = "suppose" if text.startswith("?") else "is"
    return (kind, expression(text.removeprefix("?"), form))


def said(what: Expression, form: Form) -> str:
    """An expression as text."""
    if isinstance(what, str):
        if form == "signs":
            return what
        bare = _NOUN[what.removeprefix("~")]
        return f"{'not ' if what.startswith('~') else ''}a{'n' if bare[0] in 'aeiou' else ''} {bare}"
    return str(_JOINS[what[0]][form == "text"].join(said(part, form) for part in what[1]))


def written(what: Statement, form: Form) -> str:
    """A statement as text; in English with its full stop."""
    parts = [said(part, form) for part in what[1:]]
    if what[0] == "every":
        return (
            f"{parts[0]}>{parts[1]}" if form == "signs" else f"Everything that is {parts[0]} is {parts[1]}."
        )
    if form == "signs":
        return f"{'?' if what[0] == 'suppose' else ''}{parts[0]}"
    return f"{'Suppose that ' if what[0] == 'suppose' else ''}{WHO} is {parts[0]}."


def form_of(text: str) -> Form:
    """Which of both forms a text is in."""
    return "text" if " is " in text else "signs"


def sentences(text: str, form: Form) -> list[str]:
    """A proof cut into its statements: at full stops and line breaks, or at semicolons."""
    parts = re.split(r"(?<=\.)\s+|\n" if form == "text" else r"[;\n]", text.strip())
    return [part.strip() for part in parts if part.strip(" ;")]
