"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from limbeck.cli import completing

RecipeArg = Annotated[
    str,
    typer.Argument(
        help="A recipe's name (`limbeck list recipes`) or a YAML file.", autocompletion=completing.recipes
    ),
]
ScaleOpt = Annotated[
    str,
    typer.Option(
        help="`smoke` (seconds), `miniature` (minutes, CPU) or `paper` (the real models and data).",
        autocompletion=completing.scales,
    ),
]
SetOpt = Annotated[
    list[str] | None, typer.Option("--set", help="Override a parameter: `stage.parameter=value`. Repeatable.")
]
OutOpt = Annotated[
    Path | None, typer.Option(help="Where stages, run.json and report.html go. Default: runs/RECIPE.")
]
BudgetOpt = Annotated[
    str | None,
    typer.Option(
        help="Most that endpoints may cost, all starts of this run together: `usd=5`, `tokens=2e6`, "
        "`requests=1000` or several. What was paid for is kept; raised, the run goes on."
    ),
]
StrategiesOpt = Annotated[
    list[str] | None,
    typer.Option(
        "--decoding",
        "--strategy",
        help="A method of decoding/ around the model: `self_consistency:n=8`; `plain` for none. Repeatable: "
        "accuracy against tokens.",
        autocompletion=completing.room("decoding"),
    ),
]
JobsOpt = Annotated[
    int, typer.Option(help="Stages run side by side (0: one per core, at most 4; 1 with a GPU).")
]
OnOpt = Annotated[
    str,
    typer.Option(
        help="Where shards are made: `local`, `ray` (this machine's cores) or `ray:HOST:PORT` (a cluster)."
    ),
]
