"""``limbeck run``, ``eval`` and ``report``."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import typer
import yaml

from limbeck.errors import LimbeckError
from limbeck.pipeline import plan as planning
from limbeck.pipeline import recipe as recipes


def run(
    name: str,
    scale: str,
    settings: list[str],
    out: Path | None,
    seed: int | None,
    until: str,
    from_scratch: bool,
    dry_run: bool,
    jobs: int,
) -> None:
    """Plan, run, report."""
    recipe = recipes.load(
        name, scale=scale, settings=recipes.parse_settings(settings), seed=seed, from_scratch=from_scratch
    )
    plan = planning.make(
        recipe, out or Path("runs") / (recipe.name if scale == "miniature" else f"{recipe.name}-{scale}")
    )
    if until:
        plan = plan.until(until)
    if dry_run:
        from limbeck.cli.planned import show_plan

        show_plan(plan)
        return
    execute(plan, jobs)


def execute(plan: planning.Plan, jobs: int) -> None:
    """Run a plan, print its headline numbers and draw its report."""
    from limbeck.pipeline.execute import RANK
    from limbeck.pipeline.runner import run as run_plan

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end, a run ends as with Ctrl-C
    try:
        runner = run_plan(plan, jobs)
    except KeyboardInterrupt:
        typer.secho("interrupted; run the same command again to go on where it was", err=True)
        raise
    if RANK:
        return
    print_results(plan)
    if len(runner.manifests) == len(plan.steps):
        report(plan.out, None)


def print_results(plan: planning.Plan) -> None:
    """The headline table: a metric per column, its interval beside it."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from limbeck.pipeline.store import read_results

    rows: dict[tuple[str, str], dict[str, str]] = {}
    columns: list[str] = []
    for step in plan.steps.values():
        if step.kind != "results":
            continue
        for result in read_results(step.folder).results:
            if result.metric != "pass@1":
                continue
            setting = f"T={result.setting.get('temperature', '')}"
            column = f"{result.benchmark} {setting}"
            if column not in columns:
                columns.append(column)
            text = f"{100 * result.value:.1f}"
            if result.low is not None and result.high is not None:
                text += f" [{100 * result.low:.1f}, {100 * result.high:.1f}]"
            rows.setdefault((step.of or result.model, ""), {})[column] = text
    if not rows:
        return
    table = Table(title="pass@1 in %, 95% interval over problems", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("model", *columns):
        table.add_column(heading, no_wrap=True)
    for (model, _), cells in rows.items():
        table.add_row(model, *[cells.get(column, "") for column in columns])
    Console(width=None if Console().is_terminal else 200).print(table)


def report(folder: Path, out: Path | None) -> None:
    """Write the HTML page of a run."""
    if not (folder / "run.json").is_file():
        raise LimbeckError(f"{folder} holds no run.json; give the folder of a run (--out of `limbeck run`)")
    from limbeck.report.build import build

    typer.echo(f"report: {build(folder, out or folder / 'report.html')}")


def parse_method(text: str) -> str | dict[str, Any]:
    """``gsm8k:path=x,n=3`` as a method's name and parameters."""
    name, _, rest = text.partition(":")
    if not rest:
        return name
    params = {}
    for part in rest.split(","):
        key, sign, value = part.partition("=")
        if not sign:
            raise LimbeckError(f"write parameters as {name}:key=value,key=value, not {text!r}")
        params[key.strip()] = yaml.safe_load(value)
    return {name: params}


def _model(text: str) -> dict[str, Any]:
    if text.startswith("openai:"):
        name, _, url = text.removeprefix("openai:").partition("@")
        return {"use": "models/openai", "model": name, **({"url": url} if url else {})}
    if text.startswith("vllm:"):
        return {"use": "models/vllm", "path": text.removeprefix("vllm:")}
    return {"use": "models/transformers", "path": text}


def evaluate(
    model: str,
    benchmark: str,
    verifier: str,
    n: int,
    temperature: list[float],
    top_p: float,
    max_tokens: int,
    form: str,
    out: Path | None,
) -> None:
    """A recipe of two stages, made in memory."""
    chosen = parse_method(benchmark)
    name, params = next(iter(chosen.items())) if isinstance(chosen, dict) else (chosen, {})
    raw = {
        "title": f"{model} on {name}",
        "models": {"model": _model(model)},
        "stages": {
            "problems": {"use": f"problems/{name}", **params},
            "scores": {
                "use": "evaluation/accuracy", "from": "problems", "of": "model", "verifier": parse_method(verifier),
                "n": n, "temperature": temperature, "top_p": top_p, "max_tokens": max_tokens, "format": form,
            },
        },
    }  # fmt: skip
    folder = out or Path("runs") / f"eval-{name}"
    execute(planning.make(recipes.build(f"eval-{name}", Path("."), raw), folder), jobs=1)
