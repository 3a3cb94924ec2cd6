"""The app, and how its commands speak: words for people, one JSON object for programs.

Every command takes ``--json`` and ``--quiet``. A command tells people with `tell` and `warn` and hands its
result to `give`; under ``--json`` that result is all that stands on standard output, under ``--quiet``
nothing does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import click
import msgspec
import typer
from typer.core import TyperCommand, TyperGroup

from limbeck.cli.guide import EXAMPLES, EXIT_CODES, PANEL_OF

if TYPE_CHECKING:
    from rich.console import Console

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


def console(width: int = 120) -> Console:
    """Where tables for people go: as wide as the terminal, or ``width`` characters where there is none."""
    from rich.console import Console

    return Console(width=None if Console().is_terminal else width, highlight=False, quiet=quiet())


def _flag(name: Literal["json", "quiet"], text: str) -> click.Option:
    def note(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        _MODE[name] = value

    return click.Option([f"--{name}"], is_flag=True, expose_value=False, callback=note, help=text)


class Command(TyperCommand):
    """A command that also takes ``--json`` and ``--quiet``; its help stands in its panel and ends with an
    example."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.params += [
            _flag("json", "Print the result as one JSON object and nothing else."),
            _flag("quiet", "Print no progress and no tables."),
        ]
        name = self.name or ""
        self.rich_help_panel = PANEL_OF.get(name, "")
        if name in EXAMPLES and not self.epilog:
            self.epilog = f"Example: `{EXAMPLES[name]}`"


class Group(TyperGroup):
    """The commands in the guide's order, whichever file registers them first."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        order = [*PANEL_OF]
        return sorted(super().list_commands(ctx), key=lambda name: order.index(name) if name in order else 99)


app = typer.Typer(
    name="limbeck",
    cls=Group,
    no_args_is_help=True,
    epilog=EXIT_CODES,
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
