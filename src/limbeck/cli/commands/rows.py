"""Rows in and out: ``import``, ``export`` and ``verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import click
import typer

from limbeck.cli import completing
from limbeck.cli.output import Command, app

MapOpt = Annotated[
    list[str] | None,
    typer.Option("--map", help="What a column is: `answer=expected_answer`. Repeatable; before all names."),
]
OverwriteOpt = Annotated[
    bool, typer.Option("--overwrite", help="Replace what an earlier command wrote to --out.")
]
LimitOpt = Annotated[int, typer.Option(help="Read no more than so many rows (0: all).")]


@app.command("import", cls=Command)
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="JSONL, JSON, CSV, TSV, Parquet or Arrow, also compressed; a folder of them; a glob."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The folder to write problems, traces and pairs to.")],
    shape: Annotated[
        str,
        typer.Option(
            help="`auto` tells by columns and values; else one that an error names.",
            autocompletion=completing.shapes,
        ),
    ] = "auto",
    mapping: MapOpt = None,
    verifier: Annotated[
        str,
        typer.Option(
            help="What should check answers, where rows do not say.",
            autocompletion=completing.room("verifiers"),
        ),
    ] = "math",
    format: Annotated[
        str,
        typer.Option(help="A file of formats/. Default: told by the think tags of each text."),
    ] = "",
    limit: LimitOpt = 0,
    overwrite: OverwriteOpt = False,
) -> None:
    """Bring rows of any tool in as problems, traces and pairs, in bounded memory.

    Columns are read by their roles: question, response(s), reasoning, reference, verdict, finish, writer and
    more, under the names people give them, in chats, flat rows, preference pairs and the layouts of other
    tools. What was taken for what is printed; `--map reference=gold` says it where names do not.

    `limbeck import traces.jsonl --out data/`
    """
    from limbeck.cli import moving

    columns = moving.parse_mapping(mapping or [])
    how: dict[str, Any] = {"verifier": verifier, "format": format, "columns": columns, "limit": limit}
    moving.import_file(file, out, shape, **how, overwrite=overwrite)


@app.command(cls=Command)
def export(
    folder: Annotated[Path, typer.Argument(help="A stage's folder, or one that `limbeck import` wrote.")],
    out: Annotated[
        Path, typer.Option(help="The file to write, .jsonl or .parquet; without a suffix, a new folder.")
    ],
    shape: Annotated[
        str, typer.Option(help="One of the shapes named above.", autocompletion=completing.writers)
    ] = "messages",
    only: Annotated[str, typer.Option(help="Only traces with this outcome: correct, say.")] = "",
    split: Annotated[str, typer.Option(help="Only problems of this split: train, say.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many rows, of each split in a folder; 0: all.")] = 0,
    plain: Annotated[
        bool, typer.Option("--plain", help="Leave out ids, writers, outcomes, licences: the shape alone.")
    ] = False,
    files: Annotated[
        str, typer.Option(help="What a folder's files are: parquet, which keeps types, or jsonl.")
    ] = "parquet",
    model: Annotated[str, typer.Option(help="The model that requests of openai_requests are for.")] = "",
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="Draw curation.html of all the data into a folder.")
    ] = True,
    overwrite: OverwriteOpt = False,
) -> None:
    """Write traces, pairs or problems in the shape another tool reads.

    * Traces as chats: `messages` (TRL, ms-swift, verl's SFT, OpenAI), `prompt_completion` (TRL), `alpaca`,
      `sharegpt` (LLaMA-Factory), `nemo_skills`
    * Pairs: `preference` (TRL), `alpaca_preference` and `sharegpt_preference` (LLaMA-Factory),
      `swift_preference`
    * Right and wrong traces with a label: `kto` (TRL), `sharegpt_kto` (LLaMA-Factory), `swift_kto`
    * Problems: `prompt_only` (TRL's GRPO), `swift_prompts`, `verl`, `openai_requests` (requests)
    * Everything, marked or not: `responses` (`limbeck verify`), `lm_eval` (samples as lm-evaluation-harness
      logs them), `openr1`, `traces` (loses nothing)

    A folder as `--out` is a data set in the Hub's layout: `data/`, `README.md` with its card, `curation.html`
    (as `limbeck report` draws it), LLaMA-Factory's `dataset_info.json`.
    Marked traces stay behind; being called wrong by a verifier is no mark: curate, or say `--only correct`.
    """
    from limbeck.cli import exporting
    from limbeck.shapes.exporting import Choice

    exporting.export(folder, out, shape, Choice(only, split, limit, plain, model), files, overwrite, page)


@app.command(cls=Command)
def verify(
    file: Annotated[
        Path,
        typer.Argument(help="Rows with a reference and a response, maybe a question; or a stage's folder."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="The file to write, .jsonl or .parquet; for a folder, the new folder."),
    ] = None,
    verifier: Annotated[
        str,
        typer.Option(
            help="A method of verifiers/; parameters as `math:timeout=5` or `'math: {tolerance: 0.01}'`.",
            autocompletion=completing.room("verifiers"),
        ),
    ] = "math",
    mapping: MapOpt = None,
    format: Annotated[
        str, typer.Option(help="A file of formats/. Default: told by the think tags of each text.")
    ] = "",
    limit: LimitOpt = 0,
    explain: Annotated[
        str,
        typer.Option(
            metavar="ID",
            help="Write nothing; print how the verdict on one trace or row came about: by its id, else its "
            "number.",
        ),
    ] = "",
    overwrite: OverwriteOpt = False,
) -> None:
    """Check answers: adds `correct` (true, false or null), `outcome`, `extracted` and `reason` to every row.

    Columns are read by their roles, as `limbeck import` reads them. A response that was cut off is never
    wrong. A stage's folder is judged again without asking any model; what was made stays as it is.

    `limbeck verify answers.jsonl --verifier math --out checked.jsonl`

    `limbeck verify answers.jsonl --explain 17`
    """
    from limbeck.cli import moving

    columns = moving.parse_mapping(mapping or [])
    if explain:
        from limbeck.cli import explaining

        explaining.explain_one(file, explain, verifier, columns, format)
        return
    if out is None:
        raise click.UsageError("Missing option '--out' (or --explain ID, which writes nothing).")
    how: dict[str, Any] = {"columns": columns, "format": format, "limit": limit}
    moving.verify_file(file, out, verifier, **how, overwrite=overwrite)
