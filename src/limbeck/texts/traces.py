"""A trace's text, both ways: what a model wrote as reasoning and answer, and the two as the exact text again.

Every format is looked up here, through the registry, so that a format of one's own serves wherever one of the
house's does: sampled with, trained on, imported, exported.
"""

from __future__ import annotations

import os
from functools import cache

from limbeck.errors import LimbeckError
from limbeck.pipeline.registry import method
from limbeck.records import Trace
from limbeck.types import Format

THINK = "<think>"
"""What opens a thought in format ``think``, and in prompts that open one themselves."""


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


def known_format(name: str) -> bool:
    """Whether there is a format of that name."""
    try:
        format_named(name)
    except LimbeckError:
        return False
    return True


def told_format(text: str) -> str:
    """The format whose tags a text bears; ``plain`` where it bears none."""
    return "think" if "<think>" in text or "</think>" in text else "plain"
