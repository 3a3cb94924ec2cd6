"""Rows in and out: ``import``, ``export`` and ``verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limbeck.cli.output import Command, app


@app.command("import", cls=Command)
def import_(
    file: Annotated[
        Path, typer.Argument(help="JSONL, JSON, CSV, TSV or Parquet, `.gz` allowed; a glob reads many.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write problems, traces and pairs to.")],
    shape: Annotated[
        str, typer.Option(help="`auto`, or one of the shapes `limbeck export --help` names.")
    ] = "auto",
    verifier: Annotated[str, typer.Option(help="What should check answers, where rows do not say.")] = "math",
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
    out: Annotated[
        Path, typer.Option(help="The file to write, .jsonl or .parquet; without a suffix, a new folder.")
    ],
    shape: Annotated[str, typer.Option(help="One of the shapes named above.")] = "messages",
    only: Annotated[str, typer.Option(help="Only traces with this outcome: correct, say.")] = "",
    split: Annotated[str, typer.Option(help="Only problems of this split: train, say.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many rows, of each split in a folder; 0: all.")] = 0,
    plain: Annotated[
        bool, typer.Option("--plain", help="Leave out ids, writers, outcomes, licences: the shape alone.")
    ] = False,
    files: Annotated[str, typer.Option(help="What a folder's files are: parquet or jsonl.")] = "parquet",
    model: Annotated[str, typer.Option(help="The model that requests of openai_batch are for.")] = "",
) -> None:
    """Write traces, pairs or problems in the shape another tool reads.

    * Traces as chats: `messages` (TRL, ms-swift, verl's SFT, OpenAI), `prompt_completion` (TRL), `alpaca`,
      `sharegpt` (LLaMA-Factory), `nemo_skills`
    * Pairs: `preference` (TRL), `alpaca_preference` and `sharegpt_preference` (LLaMA-Factory),
      `swift_preference`
    * Right and wrong traces with a label: `kto` (TRL), `sharegpt_kto` (LLaMA-Factory), `swift_kto`
    * Problems: `prompt_only` (TRL's GRPO), `swift_prompts`, `verl`, `openai_batch` (requests)
    * Everything, marked or not: `responses` (`limbeck verify`), `openr1`, `traces` (loses nothing)

    A folder as `--out` is a data set: files by split, a card, and LLaMA-Factory's `dataset_info.json`.
    Marked traces stay behind; being called wrong by a verifier is no mark: curate, or say `--only correct`.
    """
    from limbeck.cli import exporting
    from limbeck.shapes.exporting import Choice

    exporting.export(folder, out, shape, Choice(only, split, limit, plain, model), files)


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
            help="A method of verifiers/; parameters as `math:timeout=5` or `'math: {tolerance: 0.01}'`."
        ),
    ] = "math",
) -> None:
    """Check answers: adds `correct` (true, false or null), `outcome`, `extracted` and `reason` to every row.

    A stage's folder is judged again without asking any model; what was made stays as it is.
    """
    from limbeck.cli import moving

    moving.verify_file(file, out, verifier)
