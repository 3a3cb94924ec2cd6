"""Templates: texts with ``{name}`` where something is put in."""

from __future__ import annotations

import re

from limbeck.errors import LimbeckError


def fill(template: str, **values: str) -> str:
    """The template with each ``{name}`` replaced; braces in what is put in stay as they are."""
    return re.sub(
        "|".join(rf"\{{{name}\}}" for name in values), lambda field: values[field[0][1:-1]], template
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
