"""``limbeck batch``: ``write``, ``submit`` and ``read``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limbeck.cli import completing
from limbeck.cli.guide import EXAMPLES, PANEL_OF
from limbeck.cli.options import OutOpt, RecipeArg, ScaleOpt, SetOpt
from limbeck.cli.output import Command, Group, app

RunArg = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run's folder, as `limbeck batch write` names it.")
]
UrlOpt = Annotated[str, typer.Option(help="Another address of the endpoint than the recipe's.")]

batch = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="""Have a run's requests answered through batch files, which many endpoints answer at half the price.

    `write` makes files of what a run asks, `submit` brings them to the endpoint (or you do, to any that takes
    OpenAI's batch files), `read` takes the results into the run's journals, and `limbeck run` goes on from
    there: a journal does not care which way a completion came.""",
    epilog=f"Example: `{EXAMPLES['batch']}`",
)
app.add_typer(batch, name="batch", rich_help_panel=PANEL_OF["batch"])


@batch.command(cls=Command, epilog="Example: `limbeck batch write my-recipe.yaml --until traces`")
def write(
    recipe: RecipeArg,
    scale: ScaleOpt = "miniature",
    settings: SetOpt = None,
    out: OutOpt = None,
    seed: Annotated[int | None, typer.Option(help="The recipe's seed.")] = None,
    until: Annotated[
        str, typer.Option(help="No further than this stage.", autocompletion=completing.stages)
    ] = "",
    limit: Annotated[int | None, typer.Option(help="As for `limbeck run`.")] = None,
) -> None:
    """Run a recipe as far as it goes without asking an endpoint, and write what it would ask next.

    Give the options that `limbeck run` gets: the files belong to that run. What the journals have, and what
    stands in a file already, is not written again. A method that asks in rounds has a file for each round:
    write, read, write, read.
    """
    from limbeck.cli import batching, running

    batching.write(recipe, running.Wanted(scale, settings or [], seed, limit, until), out)


@batch.command(cls=Command, epilog="Example: `limbeck batch submit runs/my-recipe`")
def submit(run: RunArg, url: UrlOpt = "") -> None:
    """Bring files that were not submitted yet to their endpoints (`/v1/files`, `/v1/batches`)."""
    from limbeck.cli import batching

    batching.submit(run, url)


@batch.command(cls=Command, epilog="Example: `limbeck batch read runs/my-recipe results.jsonl`")
def read(
    run: RunArg,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RESULTS…", help="Files of results. Default: those of submitted batches that are done."
        ),
    ] = None,
    url: UrlOpt = "",
) -> None:
    """Take results into the run's journals. A line with an error is a failed request, to be asked again.

    Results of another run, and an id that comes twice, are refused before anything is read.
    """
    from limbeck.cli import batching

    batching.read(run, files or [], url)
