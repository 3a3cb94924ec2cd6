"""The command line: what it is called, how it starts and how it ends."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer

from limbeck import secrets
from limbeck.cli import unread
from limbeck.cli.commands import batches, examining, looking, rows, working
from limbeck.cli.output import app
from limbeck.errors import Failed, LimbeckError
from limbeck.pipeline.atomic import refused

__all__ = ["app", "batches", "examining", "looking", "main", "rows", "working"]


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"limbeck {version('limbeck')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Entry point. Exits with 0 when done, 2 for a mistake seen before any work, 1 for work that failed and
    for mistakes of ours, 130 for Ctrl-C, 141 where nobody reads what is printed; what went wrong is one
    line."""
    try:
        unread.watched(app)
    except unread.Unread:
        sys.exit(128 + signal.SIGPIPE)
    except LimbeckError as error:
        typer.secho(f"limbeck: {secrets.redacted(str(error))}", fg="red", err=True)
        sys.exit(1 if isinstance(error, Failed) else 2)
    except Exception as error:
        if os.environ.get("LIMBECK_TRACEBACK"):
            raise
        if told := refused(error):
            typer.secho(f"limbeck: {told}", fg="red", err=True)
            sys.exit(1)
        told = secrets.redacted(f"limbeck: {type(error).__name__}: {error}".rstrip(": "))
        typer.secho(told, fg="red", err=True)
        typer.secho("this is a mistake of ours; LIMBECK_TRACEBACK=1 shows where it happened", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
