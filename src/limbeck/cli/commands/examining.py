"""Commands that look into data, the machine and recipes: ``stats``, ``audit``, ``check``, ``repair``,
``doctor`` and ``schema``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limbeck.cli import completing
from limbeck.cli.output import Command, app


@app.command(cls=Command)
def stats(
    source: Annotated[
        Path,
        typer.Argument(help="A stage's folder, one of `limbeck import`, or a file that `import` would read."),
    ],
    limit: Annotated[int, typer.Option(help="Look at no more than so many problems (0: all).")] = 0,
    html: Annotated[Path | None, typer.Option(help="Also write the counts as a page to this file.")] = None,
    shape: Annotated[
        str, typer.Option(help="Of a file: as for `limbeck import`.", autocompletion=completing.shapes)
    ] = "auto",
) -> None:
    """What is in a set of traces: lengths, pass rates, outcomes, marks, scripts, licences, duplicates.

    Lengths are in characters, tokens as their writer counted them. A folder is read shard by shard.
    """
    from limbeck.cli import stats as counting

    counting.stats(source, limit, html, shape)


@app.command(cls=Command)
def audit(
    source: Annotated[
        Path,
        typer.Argument(help="A stage's folder, one of `limbeck import`, or a file that `import` would read."),
    ],
    against: Annotated[
        list[str],
        typer.Option(
            help="A benchmark: `gsm8k:path=test.jsonl`, or a file or folder with questions. Repeatable.",
            autocompletion=completing.room("problems"),
        ),
    ],
    vectors: Annotated[
        str, typer.Option(help="Look by vectors too: `static` (extra vectors), or a network's path.")
    ] = "",
    n: Annotated[int, typer.Option("--n", help="Words of the runs that are looked for.")] = 13,
    fuzzy: Annotated[float, typer.Option(help="Least cosine of character trigrams, numbers aside.")] = 0.8,
    cosine: Annotated[float, typer.Option(help="Least cosine of vectors.")] = 0.95,
    out: Annotated[Path | None, typer.Option(help="Also write all of it as JSON to this file.")] = None,
) -> None:
    """Which benchmark items a finished set holds: to the letter, with other numbers, in part, reworded.

    Looks at what bears no mark. A table by benchmark (items touched, problems by how they repeat one, answers
    that stand with them, traces that hold a benchmark's question) and one by source: through which it came.
    `--out` lists the problems beside the items.
    """
    from limbeck.cli import auditing

    auditing.audit_set(source, against, auditing.looking(n, fuzzy, vectors, cosine), out)


@app.command(cls=Command)
def check(
    folder: Annotated[
        Path, typer.Argument(help="The folder of a run, of one of its stages, or of `limbeck import`.")
    ],
) -> None:
    """Read every file of a run or a store and hold it against what was written.

    Exits with 1 when something is damaged: missing, cut, changed, or another file's.
    """
    from limbeck.cli import checking

    checking.check(folder)


@app.command(cls=Command)
def repair(
    folder: Annotated[
        Path, typer.Argument(help="The folder of a run, of one of its stages, or of `limbeck import`.")
    ],
) -> None:
    """Make what is damaged ready to be made again; nothing is deleted.

    What `run.json` knows is written anew. Else the damaged files are kept in the stage's folder `aside`, and
    the next `limbeck run` makes what is lost, and only that where the stage works shard by shard.
    """
    from limbeck.cli import checking

    checking.mend(folder)


@app.command(cls=Command)
def doctor() -> None:
    """Look at Python, packages, torch, the sandbox and the machine, and say what to do about what is amiss.

    Exits with 0 when the core works: verifying, curating and asking a model over HTTP.
    """
    from limbeck.cli import doctor as looking

    looking.doctor()


@app.command(cls=Command)
def schema() -> None:
    """Print a JSON Schema of recipes, which makes an editor complete and check them.

    It knows every method with its parameters, those in ./limbeck_methods and on LIMBECK_PATH too: write it
    anew when they change.
    """
    from limbeck.pipeline.schema import encoded

    typer.echo(encoded().decode(), nl=False)
