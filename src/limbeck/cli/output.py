"""The app, and how its commands speak: words for people, one JSON object for programs.

Every command takes ``--json`` and ``--quiet``. A command tells people with `tell` and `warn` and hands its
result to `give`; under ``--json`` that result is all that stands on standard output, under ``--quiet``
nothing does.
"""

from __future__ import annotations

from typing import Any, Literal

import click
import msgspec
import typer
from typer.core import TyperCommand

_MODE: dict[str, bool] = {"json": False, "quiet": False}


def json_wanted() -> bool:
    """Whether a program reads what is printed: no tables, no bars."""
    return _MODE["json"]


def quiet() -> bool:
    """Whether nothing but results as JSON, warnings and errors shall be printed."""
    return _MODE["json"] or _MODE["quiet"]


def tell(text: str = "") -> None:
    """A line for people."""
    if not quiet():
        typer.echo(text)


def warn(text: str) -> None:
    """A line that matters to people and in logs: to standard error, whatever the mode."""
    typer.secho(text, err=True)


def give(result: dict[str, Any]) -> None:
    """A command's result, for programs: one JSON object on standard output where ``--json`` asks for it."""
    if _MODE["json"]:
        typer.echo(msgspec.json.format(msgspec.json.encode(result, enc_hook=str), indent=1).decode())


def _flag(name: Literal["json", "quiet"], text: str) -> click.Option:
    def note(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        _MODE[name] = value

    return click.Option([f"--{name}"], is_flag=True, expose_value=False, callback=note, help=text)


class Command(TyperCommand):
    """A command that also takes ``--json`` and ``--quiet``."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += [
            _flag("json", "Print the result as one JSON object and nothing else."),
            _flag("quiet", "Print no progress and no tables."),
        ]


app = typer.Typer(
    name="limbeck",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""Distil reasoning: a teacher's right **and wrong** traces become a small student.

Start with

* `limbeck run redi` : the whole story in miniature, in minutes, on a laptop (`--dry-run` shows the plan)
* `limbeck list` : every method by room; `limbeck show redi` : what one does and takes
* `limbeck verify answers.jsonl --verifier math --out checked.jsonl` : check your own model's answers
* `limbeck import traces.jsonl --out data/` : bring your own traces; `limbeck export` : take them elsewhere
* `limbeck claim redi` : does the paper's claim hold here, over seeds, with intervals?
""",
)
