"""``limbeck list``: methods by room, and recipes. It is asked most, so it reads no more than it prints."""

from __future__ import annotations

import shutil
import textwrap

import typer

from limbeck.cli.output import give, quiet, tell
from limbeck.errors import unknown
from limbeck.pipeline import recipe_files
from limbeck.pipeline.registry import ROOMS, summaries


def list_methods(room: str) -> None:
    """Rooms with their methods, one line each."""
    if room and room not in (*ROOMS, "recipes"):
        raise unknown("room", room, [*ROOMS, "recipes"])
    listed: dict[str, dict[str, str]] = {}
    for each in [room] if room else [*ROOMS, "recipes"]:
        about = ROOMS.get(each, "one paper or experiment each; `limbeck run NAME`")
        tell(typer.style(f"{each}: {about}", bold=True))
        if each == "recipes":
            entries = {name: recipe_files.title_of(path) for name, path in recipe_files.names().items()}
        else:
            entries = summaries(each)
        for name, summary in entries.items() if not quiet() else ():
            _entry(name, summary)
        tell()
        listed[each] = entries
    give(listed)


def _entry(name: str, summary: str) -> None:
    """A name and what it is. Plain lines: a table of all methods would take longer to lay out than to read
    them."""
    width = max(20, min(shutil.get_terminal_size((120, 24)).columns, 120) - 28)
    lines = textwrap.wrap(summary, width) if len(summary) > width else [summary]  # wrapping is slow
    tell(f"  {typer.style(f'{name:<24}', fg='cyan')}  {lines[0]}")
    for line in lines[1:]:
        tell(f"{'':28}{line}")
