"""The command line. Each command imports what it needs when it runs, so ``--help`` answers at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from limbeck.errors import LimbeckError

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

RecipeArg = Annotated[str, typer.Argument(help="A recipe's name (`limbeck list recipes`) or a YAML file.")]
ScaleOpt = Annotated[
    str,
    typer.Option(help="`smoke` (seconds), `miniature` (minutes, CPU) or `paper` (the real models and data)."),
]


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


SetOpt = Annotated[
    list[str] | None, typer.Option("--set", help="Override a parameter: `stage.parameter=value`. Repeatable.")
]
OutOpt = Annotated[
    Path | None, typer.Option(help="Where stages, run.json and report.html go. Default: runs/RECIPE.")
]
JobsOpt = Annotated[
    int, typer.Option(help="Stages run side by side (0: one per core, at most 4; 1 with a GPU).")
]


@app.command()
def run(
    recipe: RecipeArg,
    scale: ScaleOpt = "miniature",
    settings: SetOpt = None,
    out: OutOpt = None,
    seed: Annotated[int | None, typer.Option(help="The recipe's seed.")] = None,
    until: Annotated[str, typer.Option(help="Stop after this stage.")] = "",
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Train the shipped models too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the resolved plan and stop.")] = False,
    jobs: JobsOpt = 0,
) -> None:
    """Run a recipe. What is already made is not made again; an interrupted run goes on where it was."""
    from limbeck.cli import running

    running.run(recipe, scale, settings or [], out, seed, until, from_scratch, dry_run, jobs)


@app.command("list")
def list_(
    room: Annotated[str, typer.Argument(help="A room, or `recipes`. Default: every room.")] = "",
) -> None:
    """List methods by room, or the recipes."""
    from limbeck.cli import browsing

    browsing.list_methods(room)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="`room/method`, a method's bare name, a room's or a recipe's.")],
) -> None:
    """Show what a method or a recipe does, takes and expects, or how a room's methods are written."""
    from limbeck.cli import browsing

    browsing.show(name)


@app.command()
def new(
    room: Annotated[
        str,
        typer.Argument(help="The room the method belongs to, with a shelf if it has one: `curation/mark`."),
    ],
    name: Annotated[
        str, typer.Argument(help="The method's name: a Python identifier; the file is called the same.")
    ],
    into: Annotated[Path | None, typer.Option(help="Where rooms live. Default: ./limbeck_methods.")] = None,
) -> None:
    """Scaffold a method, a recipe that runs it and a test that fails when the method is wrong."""
    from limbeck.cli import scaffold

    scaffold.new(room, name, into)


@app.command("import")
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


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A stage's folder, or one that `limbeck import` wrote.")],
    out: Annotated[Path, typer.Option(help="The file to write: .jsonl or .parquet.")],
    shape: Annotated[
        str,
        typer.Option(
            help="messages, sharegpt, responses, prompt_completion, preference, kto, openr1, verl or traces."
        ),
    ] = "messages",
    only: Annotated[str, typer.Option(help="Only traces with this outcome: correct, say.")] = "",
) -> None:
    """Write traces and pairs in the shape another tool reads.

    Marked traces stay behind; being called wrong by a verifier is no mark: curate, or say `--only correct`.
    """
    from limbeck.cli import moving

    moving.export_file(folder, out, shape, only)


@app.command()
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


@app.command("eval")
def eval_(
    model: Annotated[str, typer.Argument(help="A checkpoint folder, a Hub id, or `openai:NAME@URL`.")],
    benchmark: Annotated[
        str, typer.Option(help="A method of problems/, e.g. `math500` or `gsm8k:path=test.jsonl`.")
    ],
    verifier: Annotated[str, typer.Option(help="A method of verifiers/.")] = "math",
    n: Annotated[int, typer.Option(help="Samples per problem.")] = 16,
    temperature: Annotated[list[float] | None, typer.Option(help="Repeatable. Default 0.6.")] = None,
    top_p: Annotated[float, typer.Option(help="Nucleus sampling.")] = 0.95,
    max_tokens: Annotated[int, typer.Option(help="New tokens per sample.")] = 32768,
    form: Annotated[
        str,
        typer.Option("--format", help="How a reply is split into reasoning and answer: a file of formats/."),
    ] = "think",
    k: Annotated[list[int] | None, typer.Option(help="Which pass@k. Repeatable. Default 1 and n.")] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="A further metric, e.g. `maj@4` or `items_at:places=rare`. Repeatable."),
    ] = None,
    template: Annotated[str, typer.Option(help="The user's message.")] = "{question}",
    seed: Annotated[int, typer.Option(help="Another seed, other samples.")] = 0,
    decoding: Annotated[
        str, typer.Option(help="A method of decoding/ around the model: `self_consistency:n=8`.")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="Where samples and report.html go. Default: runs/eval-BENCHMARK-MODEL."),
    ] = None,
) -> None:
    """Evaluate a model: pass@1, pass@k, maj@n with 95% intervals, tokens and truncation; every answer is
    kept."""
    from limbeck.cli import running

    sampling = {"n": n, "temperature": temperature or [0.6], "top_p": top_p, "max_tokens": max_tokens}
    sampling["k"] = k or sorted({1, n})
    running.evaluate(model, benchmark, verifier, sampling, metric or [], form, template, seed, out, decoding)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="A run's folder (it holds run.json).")],
    out: Annotated[Path | None, typer.Option(help="The HTML file. Default: FOLDER/report.html.")] = None,
) -> None:
    """Draw a run as one self-contained HTML page."""
    from limbeck.cli import running

    running.report(folder, out)


@app.command()
def claim(
    name: RecipeArg,
    scale: ScaleOpt = "miniature",
    seeds: Annotated[int, typer.Option(help="How many seeds (0: as many as the recipe asks for).")] = 0,
    settings: SetOpt = None,
    out: OutOpt = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Also write the measured lines to this folder, as NAME.md and NAME.json."),
    ] = None,
    jobs: JobsOpt = 0,
) -> None:
    """Run a paper's claim over seeds and say for each comparison: holds, not shown or reversed."""
    from limbeck.cli import claiming

    claiming.claim(name, scale, seeds, settings or [], out, save, jobs)


@app.command()
def papers(
    standing: Annotated[
        str, typer.Option(help="Only these: holds, not shown, reversed, mechanism or open.")
    ] = "",
    write: Annotated[Path | None, typer.Option(help="Write the catalogue as Markdown to this file.")] = None,
) -> None:
    """The catalogue: all 194 papers with their room, recipe and standing."""
    from limbeck.cli import browsing

    browsing.papers(standing, write)


def main() -> None:
    """Entry point: a user's mistake prints one clear message and exits with 2, anything else one line and
    1."""
    try:
        app()
    except LimbeckError as error:
        typer.secho(f"limbeck: {error}", fg="red", err=True)
        sys.exit(2)
    except Exception as error:
        if os.environ.get("LIMBECK_TRACEBACK"):
            raise
        typer.secho(f"limbeck: {type(error).__name__}: {error}".rstrip(": "), fg="red", err=True)
        typer.secho("this is a mistake of ours; LIMBECK_TRACEBACK=1 shows where it happened", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
