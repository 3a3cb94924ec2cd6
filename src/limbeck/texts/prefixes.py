"""A trace cut at the ends of its steps, and templates that show a part of it."""

from __future__ import annotations

import re

from limbeck.errors import LimbeckError
from limbeck.records import Trace
from limbeck.texts.steps import By, segment
from limbeck.texts.traces import full_text


def ends(text: str, by: By, separator: str) -> list[int]:
    """Where each step of a text ends, in characters; the last at its end.

    Args:
        by: as in `limbeck.texts.steps.segment`.
        separator: regular expression of what begins a step, in place of ``by``.

    Raises:
        LimbeckError: an unknown ``by``, or no regular expression.
    """
    if not separator:
        return [end for _, end in segment(text, by)]
    try:
        cuts = [found.start() for found in re.finditer(separator, text)]
    except re.error as error:
        raise LimbeckError(f"separator={separator!r} is no regular expression: {error}") from None
    return [*(cut for cut in cuts if cut > 0), *([len(text)] if text else [])]


def steps(trace: Trace, by: By, separator: str) -> tuple[str, list[int]]:
    """The exact text of a trace and where each step of its reasoning ends in it.

    A trace without reasoning is cut by its answer. What follows the reasoning belongs to the last step.

    Raises:
        LimbeckError: as `ends`, or an unknown format.
    """
    text = full_text(trace)
    body = trace.reasoning or trace.answer
    shift = max(text.find(body), 0)
    found = [shift + end for end in ends(body, by, separator)]
    return text, [*found[:-1], len(text)] if found else []


def fill(template: str, **values: str) -> str:
    """The template with each ``{name}`` replaced; braces in what is put in stay as they are."""
    return re.sub(
        "|".join(rf"\{{{name}\}}" for name in values), lambda found: values[found[0][1:-1]], template
    )


def check_fields(template: str, needed: tuple[str, ...], where: str) -> None:
    """Raise unless the template names all that must be shown.

    Raises:
        LimbeckError: naming the first field it lacks.
    """
    there = set(re.findall(r"\{(\w+)\}", template))
    for name in needed:
        if name not in there:
            raise LimbeckError(f"{where}: the template {template!r:.80} has no {{{name}}}")
