"""The command line: what it is called, how it starts and how it ends."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from limbeck.cli.commands import examining, looking, rows, working
from limbeck.cli.output import app
from limbeck.errors import Failed, LimbeckError
from limbeck.pipeline.atomic import refused

__all__ = ["app", "examining", "looking", "main", "rows", "working"]


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)
    ] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"limbeck {installed('limbeck')}")
        raise typer.Exit


def main() -> None:
    """Entry point. Exits with 0 when done, 2 for a mistake seen before any work, 1 for work that failed and
    for mistakes of ours, 130 for Ctrl-C; what went wrong is one line."""
    try:
        app()
    except LimbeckError as error:
        typer.secho(f"limbeck: {error}", fg="red", err=True)
        sys.exit(1 if isinstance(error, Failed) else 2)
    except Exception as error:
        if os.environ.get("LIMBECK_TRACEBACK"):
            raise
        if told := refused(error):
            typer.secho(f"limbeck: {told}", fg="red", err=True)
            sys.exit(1)
        typer.secho(f"limbeck: {type(error).__name__}: {error}".rstrip(": "), fg="red", err=True)
        typer.secho("this is a mistake of ours; LIMBECK_TRACEBACK=1 shows where it happened", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
