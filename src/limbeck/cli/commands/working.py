"""Commands that run: ``run``, ``eval``, ``score``, ``serve``, ``claim`` and ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limbeck.cli import completing
from limbeck.cli.commands.rows import MapOpt, OverwriteOpt
from limbeck.cli.options import BudgetOpt, JobsOpt, OnOpt, OutOpt, RecipeArg, ScaleOpt, SetOpt, StrategiesOpt
from limbeck.cli.output import Command, app, give
from limbeck.errors import LimbeckError

CompareOpt = Annotated[
    tuple[str, str] | None,
    typer.Option(help="Two arms: is A higher than B? Default: each against the first."),
]

ModelsArg = Annotated[
    list[str],
    typer.Argument(
        metavar="MODEL…",
        help="A checkpoint's or a training stage's folder, a Hub id, `openai:NAME@URL` or `vllm:PATH`; "
        "`NAME=MODEL` gives it a name.",
    ),
]


@app.command(cls=Command)
def run(
    recipe: RecipeArg,
    scale: ScaleOpt = "miniature",
    settings: SetOpt = None,
    out: OutOpt = None,
    seed: Annotated[int | None, typer.Option(help="The recipe's seed.")] = None,
    until: Annotated[str, typer.Option(help="Stop after this stage.", autocompletion=completing.stages)] = "",
    limit: Annotated[
        int | None, typer.Option(help="A quick look: only the first N problems of every stage of problems/.")
    ] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Train the shipped models too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the resolved plan and stop.")] = False,
    jobs: JobsOpt = 0,
    budget: BudgetOpt = None,
    on: OnOpt = "local",
    shard_seconds: Annotated[
        float, typer.Option(help="With --on ray: longest that a shard may take before it counts as failed.")
    ] = 3600,
) -> None:
    """Run a recipe. What is already made is not made again; an interrupted run goes on where it was.

    --on ray makes the shards of verifiers and curation side by side on this machine's cores, `--on
    ray:HOST:PORT` on a cluster whose machines see the run's folder; all else stays here. The plan, its keys
    and the set are the same, so one may be begun here and go on there. A shard whose worker dies, hangs or
    raises is tried once more, then its records say so, and the next run tries it again.
    """
    from limbeck.cli import running
    from limbeck.pipeline import place

    where = place.parse(on, shard_seconds)
    wanted = running.Wanted(scale, settings or [], seed, limit, until, from_scratch, budget)
    running.run(recipe, wanted, out, dry_run, jobs, where)


@app.command("eval", cls=Command)
def eval_(
    models: ModelsArg,
    benchmark: Annotated[
        str,
        typer.Option(
            help="A method of problems/, e.g. `math500` or `gsm8k:path=test.jsonl`.",
            autocompletion=completing.room("problems"),
        ),
    ],
    verifier: Annotated[
        str, typer.Option(help="A method of verifiers/.", autocompletion=completing.room("verifiers"))
    ] = "math",
    n: Annotated[int, typer.Option(help="Samples per problem.")] = 16,
    temperature: Annotated[list[float] | None, typer.Option(help="Repeatable. Default 0.6.")] = None,
    top_p: Annotated[float, typer.Option(help="Nucleus sampling.")] = 0.95,
    max_tokens: Annotated[int, typer.Option(help="New tokens per sample.")] = 32768,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help="How a reply is split into reasoning and answer: a file of formats/.",
            autocompletion=completing.room("formats"),
        ),
    ] = "think",
    k: Annotated[list[int] | None, typer.Option(help="Which pass@k. Repeatable. Default 1 and n.")] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="A further metric, e.g. `maj@4` or `items_at:places=rare`. Repeatable."),
    ] = None,
    template: Annotated[str, typer.Option(help="The user's message.")] = "{question}",
    compare: CompareOpt = None,
    limit: Annotated[int | None, typer.Option(help="Only the first N problems.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, other samples.")] = 0,
    decoding: StrategiesOpt = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Where samples and report.html go. Default: runs/eval-BENCHMARK-MODELS."),
    ] = None,
    budget: BudgetOpt = None,
) -> None:
    """Evaluate models: pass@1, pass@k, maj@n with 95% intervals, tokens and truncation; every answer is kept.

    Several models or strategies get the same problems and are compared, paired by problem.
    """
    from limbeck.cli import evaluating

    sampling = {"n": n, "temperature": temperature or [0.6], "top_p": top_p, "max_tokens": max_tokens}
    sampling["k"] = k or sorted({1, n})
    settings = {**sampling, "format": form, "template": template, "seed": seed}
    asked = evaluating.Asked(benchmark, verifier, settings, decoding or [], metric or [], limit, budget)
    evaluating.evaluate(models, asked, compare, out)


@app.command(cls=Command)
def score(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…",
            help="Files as for `limbeck import`, folders of stages, or `NAME=FILE`; `problems/` methods with "
            "samples too: `gsm8k_solutions:path=x.jsonl`.",
        ),
    ],
    compare: CompareOpt = None,
    k: Annotated[
        list[int] | None,
        typer.Option(
            help="Which pass@k and maj@k. Repeatable. Default: as many as nearly all problems have."
        ),
    ] = None,
    metric: Annotated[list[str] | None, typer.Option(help="A further metric. Repeatable.")] = None,
    verifier: Annotated[str, typer.Option(help="Judges samples that bring no verdict.")] = "math",
    again: Annotated[bool, typer.Option("--again", help="Judge all samples.")] = False,
    mapping: MapOpt = None,
    shape: Annotated[str, typer.Option(help="As for `limbeck import`.")] = "auto",
    form: Annotated[str, typer.Option("--format", help="A file of formats/. Default: by think tags.")] = "",
    benchmark: Annotated[
        str, typer.Option(help="Count all problems under this name. Default: by their sources.")
    ] = "",
    limit: Annotated[int, typer.Option(help="Only the first N problems (0: all).")] = 0,
    out: Annotated[Path | None, typer.Option(help="Keep samples, verdicts and report.html here.")] = None,
    overwrite: OverwriteOpt = False,
) -> None:
    """Count stored samples of any tool: pass@1, pass@k, maj@k with 95% intervals, and compare them in pairs.

    An arm is a file; a file of several models is an arm for each. Verdicts that rows bring (`correct`,
    `label`, …) count; samples without one are judged. Comparisons are paired over the problems that both
    arms have.
    """
    from limbeck.cli import moving
    from limbeck.cli import score as scores
    from limbeck.cli.arms import Reading

    how = Reading(moving.parse_mapping(mapping or []), shape, form, limit, benchmark)
    scores.score(files, how, scores.Counted(k or [], metric or [], verifier, again), compare, out, overwrite)


@app.command(cls=Command)
def report(
    folder: Annotated[
        Path,
        typer.Argument(help="A run's folder (it holds run.json), or one of traces: a stage's, an import's."),
    ],
    others: Annotated[
        list[Path] | None, typer.Argument(help="Further runs, whose arms are compared with the first's.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The HTML file. Default: FOLDER/report.html; of traces FOLDER/curation.html."),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Also write every figure as SVG and every table as Markdown, LaTeX and CSV to this folder.",
        ),
    ] = None,
    card: Annotated[
        str,
        typer.Option(
            metavar="ARM=FILE",
            help="Write how ARM was measured into the model card FILE: protocol, intervals, limits.",
        ),
    ] = "",
) -> None:
    """Draw a run as one self-contained HTML page: numbers, charts, and every arm's answers to read.

    Of a set of traces the page shows what curation made of it: the funnel, how many right traces each mark
    cost, distributions, samples under each mark, problems beside the benchmark items they repeat, origins.
    Of several runs all arms stand in the same tables, paired by problem where evaluations share a name.
    """
    from limbeck.cli import running

    give(running.report(folder, out, figures, others or [], card))


@app.command(cls=Command)
def claim(
    name: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="A recipe's name (`limbeck list recipes`) or a YAML file.",
            autocompletion=completing.recipes,
        ),
    ] = "",
    scale: ScaleOpt = "miniature",
    seeds: Annotated[
        str,
        typer.Option(
            help="How many seeds (`5`: 0 to 4) or which (`101-103`; `0,3,7`). Default: the recipe's."
        ),
    ] = "",
    settings: SetOpt = None,
    out: OutOpt = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Also write the measured lines to this folder, as NAME.md and NAME.json."),
    ] = None,
    rewrite: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Run nothing: judge again the claims saved in this folder, and write their pages.",
        ),
    ] = None,
    jobs: JobsOpt = 0,
) -> None:
    """Run a paper's claim over seeds and say for each comparison: holds, not shown or reversed.

    A comparison holds or is reversed when two 95% intervals say so, a bootstrap over seeds and problems and
    Student's over seeds. The claim's word is that of its central comparisons. What is not shown is told with
    the smallest difference that would have been.
    """
    from limbeck.cli import claiming

    if bool(name) == bool(rewrite):
        raise LimbeckError("claim: a RECIPE to run or --rewrite DIR is wanted, one of the two")
    if rewrite:
        claiming.rewrite(rewrite)
    else:
        claiming.claim(name, scale, seeds, settings or [], out, save, jobs)


@app.command(cls=Command)
def serve(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A checkpoint's or a training stage's folder, a Hub id, `openai:NAME@URL`, `RECIPE:NAME`, "
            "`METHOD:key=value`, or a model as recipes write it, in quotes or in a YAML file.",
        ),
    ],
    decoding: Annotated[
        str,
        typer.Option(
            help="A method of decoding/ around the model: `self_consistency:n=8,format=lines`.",
            autocompletion=completing.room("decoding"),
        ),
    ] = "",
    host: Annotated[str, typer.Option(help="The address to listen at; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one and says which.")] = 8000,
    key_env: Annotated[
        str, typer.Option(help="The environment variable with the key that clients have to send.")
    ] = "",
    name: Annotated[str, typer.Option(help="What clients call the model. Default: as `eval` does.")] = "",
) -> None:
    """Serve a model as an OpenAI-compatible endpoint, on this machine alone unless told otherwise.

    What can be served:

    * a student: `runs/redi/stages/sft-0123abcd`, `redi:sft` once `limbeck run redi` has made it
    * a strategy: `MODEL --decoding self_consistency:n=8,format=lines`, or a YAML file with
      `{use: decoding/self_consistency, n: 8, model: MODEL}`
    * a scripted teacher: `scripted:file=replies.yaml`, `natural-program:checker`, `noisy_judge:rate=0.1`
    * another endpoint, with a strategy around it: `openai:NAME@URL --decoding best_of:n=4,…`

    Chats, completions, log-likelihoods of given text, `n`, seeds, log-probabilities with alternatives, stop
    strings, streams. Requests are sampled together, and a sample is the one that the model gives without a
    server. The first Ctrl-C answers what is under way, a second one cuts it.
    """
    from limbeck.cli import serving

    serving.serve(model, decoding, name, serving.At(host, port, key_env))
