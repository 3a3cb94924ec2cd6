"""Rows in and out: ``import``, ``export`` and ``verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limbeck.cli import completing
from limbeck.cli.output import Command, app


@app.command("import", cls=Command)
def import_(
    file: Annotated[
        Path, typer.Argument(help="JSONL, JSON, CSV, TSV or Parquet, `.gz` allowed; a glob reads many.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write problems, traces and pairs to.")],
    shape: Annotated[
        str,
        typer.Option(
            help="`auto`, or one of the shapes `limbeck export --help` names.",
            autocompletion=completing.shapes,
        ),
    ] = "auto",
    verifier: Annotated[
        str,
        typer.Option(
            help="What should check answers, where rows do not say.",
            autocompletion=completing.room("verifiers"),
        ),
    ] = "math",
    format: Annotated[
        str,
        typer.Option(help="A file of formats/. Default: think where there are think tags, else plain."),
    ] = "",
) -> None:
    """Bring rows of another tool's shape in as problems, traces and pairs.

    The columns tell the shape: `messages`, `conversations` (ShareGPT), `prompt` and `completion` (with
    `label`: KTO), `question` and `response` (or problem, instruction; output, generation, solution), `chosen`
    and `rejected`, OpenR1's, verl's, our own. A recipe reads columns of any name with `problems/rows`.
    """
    from limbeck.cli import moving

    moving.import_file(file, out, shape, verifier, format)


@app.command(cls=Command)
def export(
    folder: Annotated[Path, typer.Argument(help="A stage's folder, or one that `limbeck import` wrote.")],
    out: Annotated[Path, typer.Option(help="The file to write: .jsonl or .parquet.")],
    shape: Annotated[
        str,
        typer.Option(
            help="messages, sharegpt, responses, prompt_completion, preference, kto, openr1, verl or traces.",
            autocompletion=completing.shapes,
        ),
    ] = "messages",
    only: Annotated[str, typer.Option(help="Only traces with this outcome: correct, say.")] = "",
) -> None:
    """Write traces and pairs in the shape another tool reads.

    Marked traces stay behind; being called wrong by a verifier is no mark: curate, or say `--only correct`.
    """
    from limbeck.cli import moving

    moving.export_file(folder, out, shape, only)


@app.command(cls=Command)
def verify(
    file: Annotated[
        Path,
        typer.Argument(
            help="Rows with `answer` (the reference), `response`, maybe `question`; or a stage's folder."
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="The file to write, .jsonl or .parquet; for a folder, the new folder.")
    ],
    verifier: Annotated[
        str,
        typer.Option(
            help="A method of verifiers/; parameters as `math:timeout=5` or `'math: {tolerance: 0.01}'`.",
            autocompletion=completing.room("verifiers"),
        ),
    ] = "math",
) -> None:
    """Check answers: adds `correct` (true, false or null), `outcome`, `extracted` and `reason` to every row.

    A stage's folder is judged again without asking any model; what was made stays as it is.
    """
    from limbeck.cli import moving

    moving.verify_file(file, out, verifier)
