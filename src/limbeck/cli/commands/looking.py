"""Commands that look around: ``list``, ``show``, ``papers``, ``coverage``, ``published``, ``scorecard``,
``new``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limbeck.cli import completing
from limbeck.cli.output import Command, app


@app.command("list", cls=Command)
def list_(
    room: Annotated[
        str,
        typer.Argument(help="A room, or `recipes`. Default: every room.", autocompletion=completing.rooms),
    ] = "",
) -> None:
    """List methods by room, or the recipes."""
    from limbeck.cli import listing

    listing.list_methods(room)


@app.command(cls=Command)
def show(
    name: Annotated[
        str,
        typer.Argument(
            help="`room/method`, a method's bare name, a room's or a recipe's.",
            autocompletion=completing.shown,
        ),
    ],
) -> None:
    """Show what a method or a recipe does, takes and expects, or how a room's methods are written."""
    from limbeck.cli import browsing

    browsing.show(name)


@app.command(cls=Command)
def new(
    room: Annotated[
        str,
        typer.Argument(
            help="The room the method belongs to, with a shelf if it has one: `curation/mark`.",
            autocompletion=completing.rooms,
        ),
    ],
    name: Annotated[
        str, typer.Argument(help="The method's name: a Python identifier; the file is called the same.")
    ],
    into: Annotated[Path | None, typer.Option(help="Where rooms live. Default: ./limbeck_methods.")] = None,
) -> None:
    """Scaffold a method, a recipe that runs it and a test that fails when the method is wrong."""
    from limbeck.cli import scaffold

    scaffold.new(room, name, into)


@app.command(cls=Command)
def papers(
    standing: Annotated[
        str,
        typer.Option(
            help="Only these: holds, mixed, not shown, reversed, mechanism or open.",
            autocompletion=completing.standings,
        ),
    ] = "",
    write: Annotated[Path | None, typer.Option(help="Write the catalogue as Markdown to this file.")] = None,
) -> None:
    """The catalogue: all 194 papers with their room, recipe and standing."""
    from limbeck.cli import browsing

    browsing.papers(standing, write)


@app.command(cls=Command)
def coverage(
    tag: Annotated[
        str,
        typer.Argument(help="Only recipes with this tag, such as `feature`.", autocompletion=completing.tags),
    ] = "",
    write: Annotated[Path | None, typer.Option(help="Write the page as Markdown to this file.")] = None,
) -> None:
    """What the recipes cover: elicitation, objective, skill, policy, stage and gain of each, and the counts.

    Tags are told by the methods that a recipe uses, so that recipes of your own have them too.
    """
    from limbeck.cli import covering

    covering.coverage(tag, write)


@app.command(cls=Command)
def published(
    write: Annotated[Path | None, typer.Option(help="Write the tables as Markdown to this file.")] = None,
) -> None:
    """Published recipes of reasoning models: data, tuning, switches of reinforcement, what is undisclosed."""
    from limbeck.cli import covering

    covering.published(write)


@app.command(cls=Command)
def scorecard(
    sheet: Annotated[Path, typer.Argument(help="A YAML file: items, each with `answer` and `evidence`.")],
    other: Annotated[Path | None, typer.Argument(help="Another reader's sheet, for Cohen's kappa.")] = None,
    items: Annotated[Path | None, typer.Option(help="Items and points of your own in place of ours.")] = None,
) -> None:
    """How open a project is, in points of 100: a yes without evidence counts as no.

    `limbeck scorecard` is filled in by whoever read the project; two readers' sheets give their agreement.
    """
    from limbeck.cli import covering

    covering.scorecard(sheet, other, items)
