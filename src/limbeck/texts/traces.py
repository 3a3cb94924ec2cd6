"""A trace's text, both ways: what a model wrote as reasoning and answer, and the two as the exact text again.

Every format is looked up here, through the registry, so that a format of one's own serves wherever one of the
house's does: sampled with, trained on, imported, exported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cache
from typing import Literal

from limbeck.errors import LimbeckError
from limbeck.pipeline.registry import method
from limbeck.records import Trace
from limbeck.texts.tags import KINDS, Tags
from limbeck.types import Format

THINK = KINDS["think"].opening
"""What opens a thought in format ``think``, and in prompts that open one themselves."""
TracePart = Literal["text", "reasoning", "answer"]
"""What of a trace a rule looks at: reasoning and answer, or one of them."""
_QUOTES = tuple("`'\"“”‘’")
_LEAD = re.compile(r"(?:\s|<s>|<\|\w+\|>(?:assistant)?)*")
"""What may stand on a line before a thought: blanks and the control tokens of a chat template."""

_KINDS = {name: tags for name, tags in KINDS.items() if name != "harmony_stripped"}
_SPELLINGS = [spelling for tags in _KINDS.values() for spelling in tags[:2]]
_LEADS = {lead: tuple(it for it in _SPELLINGS if it[0] == lead) for lead in {it[0] for it in _SPELLINGS}}
"""What tags begin with, and all that begin so."""
_ANSWERED: dict[str, list[tuple[str, str, str]]] = {tags.opening: [] for tags in KINDS.values()}
for _name, _tags in _KINDS.items():
    if _tags.answer_opening:
        _ANSWERED[_tags.opening].append((_name, _tags.closing, _tags.answer_opening))
"""Of every opening tag, the kinds that begin with it and have tags around the answer."""


def format_named(name: str, where: str = "") -> Format:
    """The format of that name.

    Raises:
        LimbeckError: there is none.
    """
    try:
        return _loaded(name, os.environ.get("LIMBECK_PATH", ""), os.getcwd())
    except LimbeckError:
        return method(f"formats/{name}", where).load()  # raises, with the place


@cache
def _loaded(name: str, path: str, folder: str) -> Format:
    # Looked up for every trace of a large file: once per name, until methods are looked for elsewhere.
    return method(f"formats/{name}").load()


def split_text(text: str, format: str, where: str = "") -> tuple[str, str]:
    """``(reasoning, answer)`` of a text.

    Raises:
        LimbeckError: no format of that name, or it does not give this text back to the character.
    """
    return parsed(format_named(format, where), text, format)


def parsed(form: Format, text: str, name: str) -> tuple[str, str]:
    """A format's reading of a text, held against its writing: what would come back otherwise was never
    written.

    Raises:
        LimbeckError: the text does not come back to the character.
    """
    reasoning, answer = form.parse(text)
    if (back := form.render(reasoning, answer)) != text:
        raise LimbeckError(
            f"format {name!r}: its render does not undo its parse: {text[:80]!r} comes back as {back[:80]!r}"
        )
    return reasoning, answer


def told_parts(texts: Iterable[str]) -> list[tuple[str, str, str]]:
    """Of each text the format whose tags it bears, and the reasoning and the answer that it makes of the
    text.

    What `told_format` and `split_text` say, in a quarter of their time for texts as most models write them.

    Raises:
        LimbeckError: as `split_text`.
    """
    ours = format_named("think").__name__.startswith("limbeck.")  # type: ignore[attr-defined]
    begin, end = (len(tag) for tag in KINDS["think"][:2])
    parts = []
    for text in texts:
        if ours and text.startswith(THINK):
            place = text.find(KINDS["think"].closing, begin)
            answer = text[place + end :]
            if place > begin and answer and "<answer>" not in answer:
                parts.append(("think", text[begin:place], answer))
                continue
        name = told_format(text)
        parts.append((name, *split_text(text, name)))
    return parts


def joined_text(reasoning: str, answer: str, format: str, where: str = "") -> str:
    """The text that reasoning and answer make in a format; the inverse of `split_text`.

    Raises:
        LimbeckError: no format of that name.
    """
    return format_named(format, where).render(reasoning, answer)


def full_text(trace: Trace) -> str:
    """The exact text the model wrote.

    Raises:
        LimbeckError: no format of the trace's name.
    """
    return joined_text(trace.reasoning, trace.answer, trace.format, f"trace {trace.id}")


def part_of(trace: Trace, of: TracePart) -> str:
    """That part of a trace; ``text`` is reasoning and answer with a blank between, without a format's
    tags."""
    if of == "text":
        return " ".join(filter(None, (trace.reasoning, trace.answer)))
    return trace.reasoning if of == "reasoning" else trace.answer


def known_format(name: str) -> bool:
    """Whether there is a format of that name."""
    try:
        format_named(name)
    except LimbeckError:
        return False
    return True


def told_format(text: str) -> str:
    """The format whose tags a text bears; ``plain`` where it bears none.

    A text bears tags where the opening one begins it, or begins or ends a line of it, or where the closing
    one stands there without the opening one, for many prompts open the thought. A tag within a fenced block,
    in the midst of a line or in quotes is spoken of.
    """
    stripped = KINDS["harmony_stripped"]  # ordinary words, each of which proves nothing
    if text.startswith(stripped.opening) and stripped.closing in text:
        return "harmony_stripped"
    if text.startswith(THINK):  # most texts
        return _with_answer(text, "think")
    there = _borne(text)
    for find in (_opened, _closed_alone):
        places = {name: find(text, tags) for name, tags in there.items()}
        borne = [name for name, place in places.items() if place >= 0]
        if borne:
            first = min(borne, key=places.__getitem__)
            return _with_answer(text, first)
    return "plain"


def _borne(text: str) -> dict[str, Tags]:
    """The tags that stand anywhere in a text. Looking for what all of them begin with is ten times as fast as
    looking for each."""
    names: set[str] = set()
    for lead, spellings in _LEADS.items():
        place = text.find(lead)
        while place >= 0:
            if text.startswith(spellings, place):
                names.update(name for name in _KINDS if text.startswith(_KINDS[name][:2], place))
            place = text.find(lead, place + 1)
    return {name: tags for name, tags in _KINDS.items() if name in names}


def _with_answer(text: str, name: str) -> str:
    """The format of the same thought whose answer has tags too, where a text has these."""
    for other, closing, answer_opening in _ANSWERED[KINDS[name].opening]:
        place = text.find(closing)
        behind = text[place + len(closing) :].lstrip() if place >= 0 else ""
        if behind.startswith(answer_opening):
            return other
    return name


def _opened(text: str, tags: Tags) -> int:
    """Where a thought begins with its tag, -1 where none does."""
    place = text.find(tags.opening)
    while place >= 0:
        line = text[text.rfind("\n", 0, place) + 1 : place]
        ends_line = text.startswith("\n", place + len(tags.opening))
        if (ends_line or _LEAD.fullmatch(line)) and text.count("```", 0, place) % 2 == 0:
            break
        place = text.find(tags.opening, place + 1)
    return place


def _closed_alone(text: str, tags: Tags) -> int:
    """Where a thought ends that the prompt began, -1 where none does."""
    place = -1 if tags.opening in text else text.find(tags.closing)
    end = place + len(tags.closing)
    quoted = text[:place].endswith(_QUOTES) and text[end:].startswith(_QUOTES)
    return -1 if quoted else place
